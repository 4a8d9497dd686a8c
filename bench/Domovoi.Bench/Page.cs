// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text;

namespace Domovoi.Bench;

/// <summary><c>docs/performance.md</c> with its pictures, made of the results alone.</summary>
internal sealed class Page(Results results, Tables tables)
{
    /// <summary>Above this share of the host's processors in other hands, numbers are called rough.</summary>
    private const double QuietShare = 0.05;

    private static readonly (string Part, string Heading, string Text)[] s_sections =
    [
        ("works", "Works, one vCPU",
            """
            The same files run on all three sides: natively by the loader and the libraries of the guest's initramfs, in the same script. QEMU: `-accel tcg -cpu max`.
            Domovoi and QEMU run the same kernel (Debian 6.1); the native column of the kernel's works is the host's own kernel, so it has no wish beside it.
            The last column is how far the largest and the smallest of Domovoi's runs lay apart. Mixing has no wish against QEMU: the host itself is only
            1.3 times as fast as QEMU there.
            """),
        ("boot", "Start and size", "From the command to the first line of the guest's first process; resident size two seconds later (Pss)."),
        ("parallel", "Several vCPUs",
            """
            As many processes as vCPUs, each by itself; the sum of what they did in three seconds. The last three columns say how the throughput grows with
            the vCPUs, and what is lost when there are more of them than processors.
            """),
        ("code", "Translation: cold code of growing size",
            """
            A static executable that a program writes at the moment of measuring: all its functions differ, each is called once. The first time everything has
            to be translated; again, in a new process, what was translated can be found again. Reading the file, its page faults and the start of the
            process are part of each number. Nothing is in Domovoi's file of translations when the guest starts; in the other parts that file is as the last
            session left it.
            """),
        ("memory", "TLB misses: a growing working set",
            "A pointer in each page of 4 KiB, in random order, each load's address the last one's result. Huge pages are refused on all sides (`MADV_NOHUGEPAGE`)."),
        ("exits", "Exits: a growing rate of them",
            """
            Work in registers, and in between, at the given rate per second of that work, something that leaves the processor: the share of the work's speed that is left,
            and what one exit costs by that. The hypercall is `XENVER_version` through Linux's privcmd driver, so a system call is part of it; QEMU's counterpart is
            a byte written to port 0x80, which leaves translated code for the device's model.
            """),
    ];

    /// <summary>Writes the page into <paramref name="folder"/>, and its pictures into <c>performance/</c> beside it.</summary>
    internal void Write(string folder)
    {
        IReadOnlyList<string> pictures = new Plots(results, tables).Write(Path.Combine(folder, "performance"));
        StringBuilder text = new();
        text.Append(
            $"""
            # Performance

            Written by `bench/run --write docs`; not to be edited. `bench/run` measures on any Debian: QEMU, Domovoi and the host itself take turns, numbers are medians.

            Host: {HostState.Describe()}.


            """);
        foreach ((string part, string heading, string words) in s_sections.Where(section => results.Runs(section.Part) > 0))
        {
            text.Append(CultureInfo.InvariantCulture, $"## {heading}\n\n{words}\n\n{Circumstances(part)}\n\n{tables.Of(part)}\n");
            if (pictures.Contains(part))
            {
                text.Append(CultureInfo.InvariantCulture, $"![{heading}](performance/{part}.svg)\n\n");
            }
        }

        File.WriteAllText(Path.Combine(folder, "performance.md"), text.ToString().TrimEnd() + "\n");
    }

    private string Circumstances(string part)
    {
        IReadOnlyList<Piece> pieces = results.Of(part);
        double[] busy = [.. pieces.Select(piece => piece.Busy).Order()];
        string noise = busy[^1] <= QuietShare ? "nobody else used the machine" : string.Create(
            CultureInfo.InvariantCulture,
            $"**rough**: just before the turns, others used {busy[busy.Length / 2]:0 %} of the processors (median; at most {busy[^1]:0 %})");
        return string.Create(CultureInfo.InvariantCulture, $"Measured on {pieces.Max(piece => piece.At):yyyy-MM-dd}, {Count(results.Runs(part))}; {noise}.");
    }

    private static string Count(int runs) => runs == 1 ? "one run of each" : $"medians of {runs} runs";
}
