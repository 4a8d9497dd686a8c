// SPDX-License-Identifier: MIT
namespace Domovoi.Architecture;

/// <summary>Fails with every place that breaks the rule, one a line, so that one run shows all there is to mend.</summary>
internal static class Violations
{
    internal static void None(IEnumerable<string> found)
    {
        List<string> places = [.. found];
        if (places.Count > 0)
        {
            Assert.Fail($"{places.Count} places break the rule:\n{string.Join('\n', places)}");
        }
    }
}
