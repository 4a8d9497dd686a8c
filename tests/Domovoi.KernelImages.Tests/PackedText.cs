// SPDX-License-Identifier: MIT
using System.Text;

namespace Domovoi.KernelImages;

/// <summary>One text as the formats' own command-line tools pack it.</summary>
internal static class PackedText
{
    private const string Sentence = "Domovoi runs guests. ";

    public const string Formats = "gzip xz lzma bzip2 lz4 zstd";

    public static byte[] Plain { get; } = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(Sentence, 500)));

    public static byte[] Of(string format) => Convert.FromBase64String(format switch
    {
        // gzip -9n
        "gzip" =>
            "H4sIAAAAAAACA+3IsQ3AIAwAsFdyQa/gFVQxlEgEen/f6GCPbvnkmyPWmRX36bXriiallFJKKaWUUkoppZRSSimllFJKKaWUUkr57/wAKyFjTQQpAAA=",

        // xz --check=crc32 --x86 --lzma2=dict=1MiB
        "xz" =>
            "/Td6WFoAAAFpIt42AgEEACEBEACLIW9J4CkDAENdACIbyaciDf9045f5CN9UkQcTpjbmit13h5pD5NERkRXJ447l/CS1uhzPP/6a9n3+eOTtoafo" +
            "VuJ22s4cWIel348qvAAAACshY00AAVuEUgAAAJL9foA+MA2LAgAAAAABWVo=",

        // lzma -9
        "lzma" =>
            "XQAAAAT//////////wAiG8mnIg3/dOOX+QjfVJEHE6Y25ordd4eaQ+TREZEVyeOO5fwktboczz/+mvZ9/njk7aGn6FbidtrOHFiHpd+Pthhb///dCQAA",

        // bzip2 -9
        "bzip2" =>
            "QlpoOTFBWSZTWcFICx4ABOGVgEABBAACo58AIACQIAAAmqkTIeTTFIM0g7pBikHNIPKQYpBmpBxSDdIPtIM0g6pBqkG6QapB/pB5SDdINUg9F3JF" +
            "OFCQwUgLHg==",

        // lz4 -l -9
        "lz4" =>
            "AiFMGEkAAAD/BkRvbW92b2kgcnVucyBndWVzdHMuIBUA//////////////////////////////////////////////////////8AUHN0cy4g",

        // zstd -22 --ultra
        "zstd" => "KLUv/WQEKO0AAKhEb21vdm9pIHJ1bnMgZ3Vlc3RzLiABANkR8pMJkTdfXw==",
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    });

    /// <summary>A bzImage around the packed text.</summary>
    public static byte[] BzImage(string format) =>
        TestKernel.BzImage(Of(format), format == "gzip" ? null : Plain.Length);
}
