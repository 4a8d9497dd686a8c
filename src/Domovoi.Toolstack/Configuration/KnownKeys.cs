// SPDX-License-Identifier: MIT
using System.Collections.Frozen;

namespace Domovoi.Toolstack.Configuration;

/// <summary>Every key of xl.cfg(5) and xl_parse.c, and what becomes of it here.</summary>
internal static class KnownKeys
{
    private const string Supported =
        "name type builder uuid bootloader bootloader_args kernel ramdisk cmdline root extra memory maxmem vcpus maxvcpus cpus cpus_soft on_poweroff on_reboot on_crash disk vif"
        + " disk_error"                                        // our own: what follows when the host cannot read or write a disk
        + " translation_cache";                                // our own: whether translated code is kept for the next boot

    private const string NotYet =
        "pool cpu_weight cap period slice latency extratime vnuma on_watchdog on_soft_reset seclabel init_seclabel"
        + " max_grant_frames max_maptrack_frames max_grant_version nomigrate driver_domain passthrough xend_suspend_evtchn_compat"
        + " vmtrace_buf_kb vpmu xenstore_feature_mask xenstore_quota vif2 vtpm p9 pvcalls vfb channel usbctrl usbdev pci"
        + " pci_permissive pci_msitranslate pci_seize pci_power_mgmt dtdev ioports iomem irqs max_event_channels vdispl vsnd vkb"
        + " virtio firmware bootloader_restrict bootloader_user e820_host cpuid tsc_mode localtime"
        + " rtc_timeoffset keymap vnc vnclisten vncdisplay vncunused vncpasswd vncviewer sdl display xauthority opengl msr_relaxed"
        + " device_model_args device_model_args_pv device_model_version device_model_override device_model device_model_user"
        + " dm_restrict";

    private const string NotForPv =
        "pvshim pvshim_path pvshim_cmdline pvshim_extra device_tree rdm gfx_passthru rdm_mem_boundary tee boot hdtype hap oos"
        + " shadow_memory bios bios_path_override firmware_override pae acpi acpi_s3 acpi_s4 acpi_laptop_slate apic nx hpet altp2m"
        + " altp2mhvm altp2m_count nestedhvm acpi_firmware smbios_firmware smbios ms_vm_genid vpt_align timer_mode mmio_hole"
        + " xen_platform_pci xen_platform_pci_bar_uc viridian hvm_pirq videoram stdvga vga nographic spice spicehost spiceport"
        + " spicetls_port spicedisable_ticketing spicepasswd spiceagent_mouse spicevdagent spice_clipboard_sharing"
        + " spiceusbredirection spice_image_compression spice_streaming_video serial soundhw vkb_device usb usbversion usbdevice"
        + " vendor_device stubdomain_kernel stubdomain_cmdline stubdomain_ramdisk stubdomain_memory"
        + " device_model_stubdomain_override device_model_stubdomain_seclabel device_model_args_hvm gic_version vuart sve llc_colors"
        + " nr_spis trap_unmapped_accesses arm_sci mca_caps";

    private static readonly FrozenDictionary<string, KeySupport> Table =
        Named(Supported, KeySupport.Supported)
            .Concat(Named(NotYet, KeySupport.NotYet))
            .Concat(Named(NotForPv, KeySupport.NotForPv))
            .ToFrozenDictionary(StringComparer.Ordinal);

    internal static KeySupport Of(string name) => Table.GetValueOrDefault(name);

    /// <summary>The known key that <paramref name="name"/> was probably meant to be.</summary>
    internal static string? NearestTo(string name) => Spelling.Nearest(name, Table.Keys);

    private static IEnumerable<KeyValuePair<string, KeySupport>> Named(string names, KeySupport support) =>
        names.Split(' ').Select(name => KeyValuePair.Create(name, support));
}
