// SPDX-License-Identifier: MIT
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Domovoi.Cpu.CodeStore;
using Domovoi.KernelImages;

namespace Domovoi.DomainHost.Machines;

/// <summary>Which file keeps translated code: one for each kernel, because guests with one kernel run much the same code, and build of Domovoi.</summary>
internal static class KernelTranslations
{
    private const string Suffix = ".blocks";
    private const int LooksAt = 1 << 20;

    /// <returns>null when <paramref name="directory"/> is.</returns>
    internal static TranslationStore? Open(string? directory, KernelImage kernel)
    {
        if (directory is null)
        {
            return null;
        }

        string engine = DescribeEngine();
        return new TranslationStore(Path.Combine(directory, FileName(kernel.Source, engine)), engine);
    }

    private static string FileName(ImageSource kernel, string engine)
    {
        byte[] begin = new byte[Math.Min(kernel.Length, LooksAt)];
        kernel.Read(0, begin);
        return string.Create(CultureInfo.InvariantCulture, $"{XxHash128.HashToUInt128(begin):x32}-{XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(engine)):x16}{Suffix}");
    }

    /// <summary>The files that hold the translator, as they are: built anew, it is another.</summary>
    private static string DescribeEngine()
    {
        IEnumerable<FileInfo> files =
            from path in (IEnumerable<string>)[Environment.ProcessPath ?? "", Path.Combine(AppContext.BaseDirectory, "Domovoi.Cpu.dll")]
            where File.Exists(path)
            select new FileInfo(path);
        return string.Join('\n', files.Select(static file =>
            string.Create(CultureInfo.InvariantCulture, $"{file.Name} {file.Length} {file.LastWriteTimeUtc.Ticks}")));
    }
}
