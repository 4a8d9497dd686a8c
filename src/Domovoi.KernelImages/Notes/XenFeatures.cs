// SPDX-License-Identifier: MIT
namespace Domovoi.KernelImages.Notes;

/// <summary>The feature list of a kernel, <c>XEN_ELFNOTE_FEATURES</c>: names parted by '|', with '!' before what it cannot do without.</summary>
internal sealed class XenFeatures
{
    private static readonly string[] Known =
    [
        "writable_page_tables",
        "writable_descriptor_tables",
        "auto_translated_physmap",
        "supervisor_mode_kernel",
        "pae_pgdir_above_4gb",
        "hvm_callback_vector",
        "dom0",
    ];

    private readonly HashSet<string> _required = [];

    internal static XenFeatures Parse(string? list)
    {
        XenFeatures features = new();
        foreach (string name in (list ?? "").Split('|', StringSplitOptions.RemoveEmptyEntries))
        {
            if (name.StartsWith('!'))
            {
                features.Require(name[1..]);
            }
        }

        return features;
    }

    /// <summary>Refuses what no PV domain is given: automatic translation, and domain 0's powers.</summary>
    internal void CheckForPv()
    {
        if (_required.Contains("auto_translated_physmap"))
        {
            throw new KernelImageException(
                "kernel-needs-auto-translation",
                "The kernel requires auto_translated_physmap, which PV domains no longer have.",
                "Use type = \"pvh\" with this kernel.");
        }

        if (_required.Contains("dom0"))
        {
            throw new KernelImageException(
                "kernel-needs-dom0", "The kernel can only run as domain 0: it requires the feature dom0.");
        }
    }

    private void Require(string name)
    {
        if (!Known.Contains(name))
        {
            throw new KernelImageException(
                "kernel-unknown-feature",
                $"The kernel requires the Xen feature '{name}', which is not known. Known: {string.Join(", ", Known)}.");
        }

        _required.Add(name);
    }
}
