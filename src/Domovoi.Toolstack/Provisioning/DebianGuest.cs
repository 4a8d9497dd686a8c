// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Linux;

namespace Domovoi.Toolstack.Provisioning;

/// <summary>Debian's kernel and a busybox file system, kept in the cache: what <c>dom try</c> boots.</summary>
/// <param name="directory">Where they are kept; several processes may ask at once.</param>
/// <param name="progress">Told each step that can take more than a second, before it begins.</param>
public sealed class DebianGuest(string directory, Action<string> progress)
{
    public string Kernel => Path.Combine(directory, "vmlinuz");

    public string Busybox => Path.Combine(directory, "busybox");

    public string Initramfs => Path.Combine(directory, "initramfs.gz");

    /// <summary>The kernel's drivers for disks and networks: those of <see cref="GuestModules"/>.</summary>
    public string Modules => Path.Combine(directory, $"modules-{GuestModules.Edition}");

    private string RecipeFile => Path.Combine(directory, "initramfs.recipe");

    private bool IsComplete =>
        File.Exists(Kernel) && File.Exists(Busybox) && File.Exists(Initramfs)
        && File.Exists(RecipeFile) && File.ReadAllText(RecipeFile) == InitramfsBuilder.Recipe;

    /// <summary>Forgets what was fetched, so that the mirrors' current packages are.</summary>
    public void Forget()
    {
        foreach (string path in (string[])[Kernel, Busybox, Initramfs, RecipeFile])
        {
            File.Delete(path);
        }

        if (Directory.Exists(Modules))
        {
            Directory.Delete(Modules, recursive: true);
        }
    }

    /// <summary>Fetches and makes what is not there yet. Returns at once when everything is.</summary>
    public void Prepare(bool needsKernel = true, bool needsModules = false)
    {
        if (IsComplete && (!needsModules || Directory.Exists(Modules)))
        {
            return;
        }

        MakeDirectory();
        using FileLock gate = WaitForGate();
        bool lacksKernel = needsKernel && (!File.Exists(Kernel) || (needsModules && !Directory.Exists(Modules)));
        if (lacksKernel || !File.Exists(Busybox))
        {
            Fetch(lacksKernel);
        }

        BuildInitramfs();
    }

    private void Fetch(bool needsKernel)
    {
        AptSource apt = new(Path.Combine(directory, "apt"));
        progress("Fetching the package lists of this machine's mirrors");
        Directory.CreateDirectory(Path.Combine(directory, "apt"));
        string complaint = apt.Update();
        if (!File.Exists(Busybox))
        {
            progress("Fetching busybox-static");
            string package = apt.Download("busybox-static", complaint);
            DebianPackage.Extract(package, name => name is "bin/busybox" or "usr/bin/busybox", Busybox, executable: true);
        }

        if (needsKernel)
        {
            string name = apt.Resolve("linux-image-", "linux-image-amd64", "linux-image-generic")
                ?? throw AptSource.Unavailable("linux-image-amd64", complaint);
            progress($"Fetching the kernel, {name} (about 70 MB)");
            string package = apt.Download(name, complaint);
            progress("Unpacking the kernel");
            Unpack(package);
            File.WriteAllText(Path.Combine(directory, "kernel.version"), name + "\n");
            File.Delete(package);
        }
    }

    /// <summary>The kernel and its modules from one package, so that they fit.</summary>
    private void Unpack(string package)
    {
        string fresh = $"{Modules}.{Environment.ProcessId}";
        Directory.CreateDirectory(fresh);
        DebianPackage.Extract(
            package,
            file => file.StartsWith("boot/vmlinuz", StringComparison.Ordinal) ? Kernel
                : GuestModules.IsWanted(file) ? Path.Combine(fresh, Path.GetFileName(file))
                : null,
            1 + GuestModules.Names.Count);
        if (Directory.Exists(Modules))
        {
            Directory.Delete(Modules, recursive: true);
        }

        Directory.Move(fresh, Modules);
    }

    private void BuildInitramfs()
    {
        string fresh = $"{Initramfs}.{Environment.ProcessId}";
        using (FileStream file = File.Create(fresh))
        {
            InitramfsBuilder.Build(Busybox, new InitramfsContents(), file);
        }

        File.Move(fresh, Initramfs, overwrite: true);
        File.WriteAllText(RecipeFile, InitramfsBuilder.Recipe);
    }

    private void MakeDirectory()
    {
        try
        {
            Directory.CreateDirectory(directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException("cache-directory", $"{directory} cannot be made: {e.Message}", "set XDG_CACHE_HOME");
        }
    }

    private FileLock WaitForGate() => FileLock.Take(
        Path.Combine(directory, "lock"), () => progress("Waiting for another dom that is fetching the same files"));
}
