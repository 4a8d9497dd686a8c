// SPDX-License-Identifier: MIT
namespace Domovoi.Toolstack.Images;

/// <summary>The shell scripts of <c>Images/Scripts</c>, which are part of this assembly.</summary>
internal static class ScriptFiles
{
    internal static void WriteTo(string folder, params string[] names)
    {
        foreach (string name in names)
        {
            using Stream script = typeof(ScriptFiles).Assembly.GetManifestResourceStream(name)
                ?? throw new InvalidOperationException($"{name} is not part of the assembly.");
            using FileStream file = File.Create(Path.Combine(folder, name));
            script.CopyTo(file);
        }
    }
}
