// SPDX-License-Identifier: MIT
using System.Globalization;
using Domovoi.Contracts;
using Domovoi.Linux;

namespace Domovoi.Toolstack.Images;

/// <summary>Makes a bootable Debian disk from Debian's mirror: mmdebstrap or debootstrap, then mke2fs, without a mount of the image.</summary>
/// <remarks>
/// All work is done in a folder beside the output, by <c>Images/Scripts/build.sh</c>, as root or as root of a user namespace; the image is
/// renamed to its name when it is whole. A folder that a killed dom left is removed by the next build of the same file.
/// Example: <c>new DebianImageBuilder(request, progress.Begin).Build()</c>.
/// </remarks>
public sealed class DebianImageBuilder
{
    private const int LinesShown = 12;

    private readonly DebianImageRequest _request;
    private readonly Action<string> _progress;
    private readonly string _output;
    private readonly string _work;

    public DebianImageBuilder(DebianImageRequest request, Action<string> progress)
    {
        ArgumentNullException.ThrowIfNull(request);
        _request = request;
        _progress = progress;
        _output = Path.GetFullPath(request.Output);
        _work = Path.Combine(Path.GetDirectoryName(_output)!, $".{Path.GetFileName(_output)}.work");
    }

    /// <exception cref="ProblemException">Something is missing, or a tool failed; the message has its last lines.</exception>
    public void Build()
    {
        if (Path.Exists(_output) && !_request.Overwrite)
        {
            throw new ProblemException("file-exists", $"{_output} is there already", "remove it, or add --force to replace it");
        }

        BuildSandbox sandbox = BuildSandbox.Find();
        string tool = FindTool();
        string keyring = DebianMirrors.Keyring();
        HostPrograms.Require("mke2fs", "e2fsprogs", "makes the file system");
        Directory.CreateDirectory(_work);
        using FileLock gate = FileLock.Take(Path.Combine(_work, "lock"), () => _progress($"Waiting for another dom that makes {_output}"));
        try
        {
            Clear(sandbox, keepLock: true);
            Run(sandbox, Prepare(sandbox, tool, keyring));
            File.Move(Path.Combine(_work, "image"), _output, _request.Overwrite);
        }
        finally
        {
            Clear(sandbox, keepLock: false);
        }
    }

    private string FindTool()
    {
        string[] known = _request.Tool is { } chosen ? [chosen] : ["mmdebstrap", "debootstrap"];
        return known.FirstOrDefault(program => HostPrograms.Find(program) is not null) ?? throw new ProblemException(
            "tool-missing", $"neither {string.Join(" nor ", known)} is installed, which fetch and unpack Debian's packages",
            "install one of them: apt-get install mmdebstrap");
    }

    /// <summary>Puts everything that the scripts read into the work folder, and returns their variables.</summary>
    private Dictionary<string, string> Prepare(BuildSandbox sandbox, string tool, string keyring)
    {
        _progress("Asking the mirror");
        DebianMirrors mirrors = new(_request.Mirror, _work);
        IReadOnlyList<string> options = DebianMirrors.AptOptions();
        WriteLines("sources.list", mirrors.SourcesFor(_request.Release));
        WriteLines("apt.options", options);
        WriteLines("apt.proxy", options.Where(line => line.Contains("::Proxy", StringComparison.Ordinal) && !IsLocal(line)));
        WriteLines("authorized_keys", _request.AuthorizedKeys);
        WritePassword();
        ScriptFiles.WriteTo(_work, "build.sh", "prepare.sh", "customize.sh");
        Dictionary<string, string> variables = new()
        {
            ["WORK"] = _work,
            ["ROOT"] = Path.Combine(_work, "root"),
            ["IMAGE"] = Path.Combine(_work, "image"),
            ["RELEASE"] = _request.Release,
            ["MIRROR"] = mirrors.Primary,
            ["KEYRING"] = keyring,
            ["TOOL"] = tool,
            ["KIND"] = sandbox.Kind,
            ["PACKAGES"] = string.Join(',', Packages()),
            ["INIT"] = _request.UsesSysvinit ? "sysvinit" : "systemd",
            ["GUEST_NAME"] = _request.HostName,
            ["UUID"] = Guid.NewGuid().ToString(),
            ["SIZE"] = _request.Size.ToString(CultureInfo.InvariantCulture),
            ["SIZE_TEXT"] = DiskSize.Describe(_request.Size),
            ["PASSWORD_LOGIN"] = _request.PasswordLogin ? "yes" : "no",
        };
        ProxyFromApt(options, variables);
        return variables;
    }

    private IEnumerable<string> Packages()
    {
        string[] always = ["linux-image-amd64", "initramfs-tools", "zstd", "udev", "openssh-server", "ca-certificates", "grub-common", "grub2-common"];
        string[] ofInit = _request.UsesSysvinit
            ? ["sysvinit-core", "ifupdown", "isc-dhcp-client"]
            : _request.Release is "buster" or "bullseye" ? ["systemd-sysv", "dbus", "libpam-systemd"]
            : ["systemd-sysv", "dbus", "libpam-systemd", "systemd-resolved"];
        return [.. always, .. ofInit, .. _request.Packages];
    }

    private void Run(BuildSandbox sandbox, Dictionary<string, string> variables)
    {
        Queue<string> last = new();
        using StreamWriter log = File.CreateText(Path.Combine(_work, "log"));
        StreamingTool tool = new(line =>
        {
            log.WriteLine(line);
            if (Step(line) is { } step)
            {
                _progress(step);
            }

            last.Enqueue(line);
            if (last.Count > LinesShown)
            {
                last.Dequeue();
            }
        });
        (string program, IReadOnlyList<string> arguments) = sandbox.Wrap("sh", Path.Combine(_work, "build.sh"));
        int code = tool.Run(program, arguments, variables);
        if (code != 0)
        {
            log.Flush();
            string kept = Path.Combine(Path.GetTempPath(), $"dom-image-build-{Environment.ProcessId}.log");
            File.Copy(Path.Combine(_work, "log"), kept, overwrite: true);
            throw new ProblemException(
                "image-build", "the image could not be made. The last lines were:\n" + string.Join('\n', last.Select(line => "  " + line)),
                $"everything that was said is in {kept}");
        }
    }

    /// <summary>Our own steps, and the tools', without those that are one package's.</summary>
    private static string? Step(string line) =>
        line.StartsWith("@ ", StringComparison.Ordinal) ? line[2..]
        : line.StartsWith("I: ", StringComparison.Ordinal) && line.EndsWith("...", StringComparison.Ordinal) && !IsOfOnePackage(line)
            ? char.ToUpperInvariant(line[3]) + line[4..].TrimEnd('.')
        : null;

    /// <summary>debootstrap's "I: Unpacking bash...", but not its "I: Unpacking the base system...".</summary>
    private static bool IsOfOnePackage(string line) =>
        line.Split(' ') is ["I:", "Extracting" or "Unpacking" or "Configuring" or "Retrieving" or "Validating", var what, ..]
        && what is not ("the" or "required" or "archives...");

    /// <summary>Files of a user namespace belong to users that only the namespace may be.</summary>
    private void Clear(BuildSandbox sandbox, bool keepLock)
    {
        string root = Path.Combine(_work, "root");
        if (Directory.Exists(root))
        {
            (string program, IReadOnlyList<string> arguments) = sandbox.Wrap("rm", "-rf", "--one-file-system", root);
            Provisioning.HostTool.Run(program, arguments, "/");
        }

        foreach (string file in Directory.EnumerateFiles(_work).Where(file => !keepLock || Path.GetFileName(file) != "lock"))
        {
            File.Delete(file);
        }

        if (!keepLock && !Directory.Exists(root))
        {
            Directory.Delete(_work, recursive: true);
        }
    }

    private void WriteLines(string name, IEnumerable<string> lines) =>
        File.WriteAllText(Path.Combine(_work, name), string.Concat(lines.Select(line => line + "\n")));

    private void WritePassword()
    {
        string path = Path.Combine(_work, "password");
        using FileStream file = new(path, new FileStreamOptions
        {
            Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        file.Write(System.Text.Encoding.UTF8.GetBytes(_request.Password ?? ""));
    }

    private static bool IsLocal(string line) =>
        line.Contains("//localhost", StringComparison.Ordinal) || line.Contains("//127.", StringComparison.Ordinal) || line.Contains("//[::1]", StringComparison.Ordinal);

    /// <summary>debootstrap does not read apt's configuration, but knows the variable.</summary>
    private static void ProxyFromApt(IReadOnlyList<string> options, Dictionary<string, string> variables)
    {
        const string Setting = "Acquire::http::Proxy \"";
        if (Environment.GetEnvironmentVariable("http_proxy") is null
            && options.FirstOrDefault(line => line.StartsWith(Setting, StringComparison.Ordinal)) is { } line)
        {
            variables["http_proxy"] = line[Setting.Length..].TrimEnd(';').TrimEnd('"');
        }
    }
}
