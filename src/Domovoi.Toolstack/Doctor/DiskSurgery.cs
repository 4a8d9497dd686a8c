// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Contracts.Devices;
using Domovoi.GuestDisks;
using Domovoi.GuestDisks.Ext;
using Domovoi.GuestDisks.Partitions;
using Domovoi.Linux;
using Domovoi.Toolstack.Images;
using Domovoi.Toolstack.Provisioning;

namespace Domovoi.Toolstack.Doctor;

/// <summary>Makes the repairs on a disk: on a copy of the file system's structure first, then, block by block, on the disk itself.</summary>
/// <remarks>
/// e2image copies structure without contents, debugfs changes the copy, e2fsck and our own reader judge it. Only then is the disk
/// written, and before that an <see cref="UndoFile"/>. The replaced files are also kept in the guest, in <see cref="BackupFolder"/>.
/// </remarks>
public sealed class DiskSurgery : IDisposable
{
    internal const string BackupFolder = "/var/backups/domovoi-doctor";
    private const int LargestBackup = 4 << 20;
    private const int CopySize = 1 << 16;
    private const int WorstCleanCode = 3;                   // e2fsck: 1 repaired, 2 repaired and reboot

    private readonly GuestDisk _disk;
    private readonly string _work = Directory.CreateTempSubdirectory("domovoi-doctor-").FullName;

    private DiskSurgery(GuestDisk disk) => _disk = disk;

    /// <summary>Opens the disk for writing, alone.</summary>
    /// <param name="target">A path, or an NBD server's address.</param>
    /// <param name="format">Null for raw.</param>
    /// <exception cref="ProblemException">It is in use, or cannot be written.</exception>
    public static DiskSurgery Begin(string target, DiskFormat? format = null) => new(GuestDisk.Open(target, format, forWriting: true));

    /// <summary>Takes the last repair back; returns how many blocks that were.</summary>
    public int Undo() => UndoFile.Open(UndoFile.PathFor(_disk.Target)).Restore(_disk);

    /// <summary>Repairs what can be, as it is found now that nobody else has the disk.</summary>
    /// <returns>The undo file's path.</returns>
    /// <exception cref="ProblemException">A tool is missing, the file system is damaged, or the guest's disk is full. The disk is as it was.</exception>
    public string Repair()
    {
        string undo = UndoFile.PathFor(_disk.Target);
        if (File.Exists(undo))
        {
            throw new ProblemException(
                "doctor-undo-exists", $"the last repair can still be taken back: {undo} is there", "`dom doctor IMAGE --undo` takes it back; remove the file to keep the repair, then repair again");
        }

        using Patient patient = new(_disk);
        Partition partition = patient.Root;
        string scratch = CopyStructure(partition);
        string before = Path.Combine(_work, "before");
        RunOrFail("cp", ["--sparse=always", scratch, before], "the copy could not be made");
        MakeConsistent(scratch);
        RepairPlan plan = Operate(scratch, patient);
        IReadOnlyList<long> changed = Changes(scratch, before, plan, out int blockSize);
        Apply(scratch, partition.Start, changed, blockSize, undo);
        return undo;
    }

    public void Dispose()
    {
        _disk.Dispose();
        Directory.Delete(_work, recursive: true);
    }

    private string CopyStructure(Partition partition)
    {
        string scratch = Path.Combine(_work, "scratch");
        string source = _disk.RawPath ?? CopyWhole(partition);
        bool isWhole = _disk.RawPath is null || partition.Start == 0;
        string[] offset = isWhole ? [] : ["-o", partition.Start.ToString(System.Globalization.CultureInfo.InvariantCulture)];
        RunOrFail("e2image", ["-r", "-f", .. offset, source, scratch], "the file system's structure could not be copied");
        if (source != _disk.RawPath)
        {
            File.Delete(source);
        }

        return scratch;
    }

    /// <summary>e2image reads files: an image of another format is given to it as one, with holes for zeros.</summary>
    private string CopyWhole(Partition partition)
    {
        string path = Path.Combine(_work, "whole");
        byte[] piece = new byte[CopySize];
        using DiskReader part = PartitionTable.Open(_disk, partition);
        try
        {
            using FileStream copy = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
            copy.SetLength(part.Length);
            for (long place = 0; place < part.Length; place += CopySize)
            {
                Span<byte> bytes = piece.AsSpan(0, (int)Math.Min(CopySize, part.Length - place));
                part.Read(place, bytes);
                if (bytes.ContainsAnyExcept((byte)0))
                {
                    RandomAccess.Write(copy.SafeFileHandle, bytes, place);
                }
            }
        }
        catch (IOException e)
        {
            throw new ProblemException(
                "doctor-room", $"a copy of the file system does not fit into {_work}: {e.Message}", "set TMPDIR to a folder with as much room as the guest uses");
        }

        return path;
    }

    /// <summary>A guest that was killed leaves its journal to be replayed; worse damage is not ours to decide on.</summary>
    private void MakeConsistent(string scratch)
    {
        if (Run("e2fsck", ["-fn", scratch]).Code == 0)
        {
            return;
        }

        (int code, string output) = Run("e2fsck", ["-fp", scratch]);
        if (code >= WorstCleanCode)
        {
            throw new ProblemException(
                "disk-damaged", $"the file system is damaged beyond what is repaired without asking:\n{Indent(output)}",
                "save what matters, then run `e2fsck -f` on the disk or partition");
        }
    }

    private RepairPlan Operate(string scratch, Patient patient)
    {
        RepairPlan plan = new(patient.Files);
        foreach (Finding finding in DiskDoctor.Examine(patient))
        {
            finding.Repair?.Invoke(plan);
        }

        KeepOriginals(plan, patient.Files);
        string script = Path.Combine(_work, "commands");
        File.WriteAllText(script, DebugfsScript.Write(plan, patient.Files, _work));
        (_, string said) = Run("debugfs", ["-w", "-f", script, scratch]);
        (int code, string judged) = Run("e2fsck", ["-fn", scratch]);
        if (code != 0 || FirstDifference(scratch, plan) is { } different)
        {
            throw new ProblemException("doctor-failed", $"the repair does not hold on a copy; the disk was not touched:\n{Indent(said + judged)}", "is the guest's disk full?");
        }

        return plan;
    }

    private static void KeepOriginals(RepairPlan plan, ExtFileSystem files)
    {
        string folder = $"{BackupFolder}/{TimeProvider.System.GetUtcNow():yyyyMMdd-HHmmss}";
        foreach (string path in plan.Files.Keys.ToArray())
        {
            if (files.Find(path) is { Kind: ExtFileKind.Regular, Size: <= LargestBackup } old && files.ReadBytes(path, LargestBackup) is { } bytes)
            {
                plan.Write(folder + path, bytes, old.Permissions);
            }
        }
    }

    private static string? FirstDifference(string scratch, RepairPlan plan)
    {
        using GuestDisks.RawDisk disk = GuestDisks.RawDisk.Open(scratch);
        ExtFileSystem files = ExtFileSystem.Open(disk);
        foreach ((string path, PlannedFile wanted) in plan.Files)
        {
            bool holds = wanted.IsRemoval ? files.Find(path, followLast: false) is null
                : wanted.Target is { } target ? files.LinkTarget(path) == target
                : wanted.Contents is { } bytes ? files.ReadBytes(path, bytes.Length) is { } found && found.AsSpan().SequenceEqual(bytes) && files.Find(path)!.Permissions == wanted.Mode
                : files.Find(path) is { Kind: ExtFileKind.CharacterDevice };
            if (!holds)
            {
                return path;
            }
        }

        return null;
    }

    /// <summary>The blocks that differ, and those of new files, which may be zeros where the copy had a hole.</summary>
    private static IReadOnlyList<long> Changes(string scratch, string before, RepairPlan plan, out int blockSize)
    {
        using GuestDisks.RawDisk disk = GuestDisks.RawDisk.Open(scratch);
        ExtFileSystem files = ExtFileSystem.Open(disk);
        blockSize = files.BlockSize;
        SortedSet<long> places = [];
        foreach ((long offset, long length) in plan.Files.Keys.SelectMany(files.PlacesOf))
        {
            for (long place = offset; place < offset + length; place += blockSize)
            {
                places.Add(place);
            }
        }

        using FileStream fresh = File.OpenRead(scratch);
        using FileStream old = File.OpenRead(before);
        byte[] left = new byte[blockSize];
        byte[] right = new byte[blockSize];
        for (long place = FileHoles.NextData(fresh.SafeFileHandle, 0); place < fresh.Length; place = FileHoles.NextData(fresh.SafeFileHandle, place + blockSize))
        {
            place -= place % blockSize;
            UndoFile.Read(fresh, place, left);
            UndoFile.Read(old, place, right);
            if (!left.AsSpan().SequenceEqual(right))
            {
                places.Add(place);
            }
        }

        return [.. places];
    }

    private void Apply(string scratch, long start, IReadOnlyList<long> changed, int blockSize, string undo)
    {
        using FileStream fresh = File.OpenRead(scratch);
        UndoFile.Write(undo, _disk, blockSize, [.. changed.Select(place => start + place)], place => Block(place - start));
        foreach (long place in changed)
        {
            _disk.Write(start + place, Block(place));
        }

        _disk.Flush();

        byte[] Block(long place)
        {
            byte[] block = new byte[blockSize];
            UndoFile.Read(fresh, place, block);
            return block;
        }
    }

    private void RunOrFail(string program, string[] arguments, string complaint)
    {
        (int code, string output) = Run(program, arguments);
        if (code != 0)
        {
            throw new ProblemException("doctor-tool", $"{complaint}:\n{Indent(output)}");
        }
    }

    private (int Code, string Output) Run(string program, string[] arguments)
    {
        string path = HostPrograms.Require(program, program == "cp" ? "coreutils" : "e2fsprogs", "changes a guest's file system");
        (int code, string output, string errors) = HostTool.Run(path, arguments, _work);
        return (code, output + errors);
    }

    private static string Indent(string text) =>
        string.Join('\n', text.Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(10).Select(line => "  " + line));
}
