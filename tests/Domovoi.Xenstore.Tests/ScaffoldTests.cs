// SPDX-License-Identifier: MIT
namespace Domovoi.Xenstore;

public sealed class ScaffoldTests
{
    [Fact]
    public void Project_IsBuilt_TestsRun() => Assert.NotEqual(0, Environment.ProcessId);
}
