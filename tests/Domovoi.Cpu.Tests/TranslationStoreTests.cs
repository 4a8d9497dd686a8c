// SPDX-License-Identifier: MIT
using Domovoi.Cpu.CodeStore;
using Domovoi.Cpu.Tests.Cases;
using Domovoi.Cpu.Tests.Generation;
using Domovoi.Cpu.Tests.Machines;

namespace Domovoi.Cpu.Tests;

/// <summary>Blocks that come from a file, or again from this run, against blocks that were just translated.</summary>
public sealed class TranslationStoreTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("domovoi-store");

    private string File => Path.Combine(_directory.FullName, "store", "guest.blocks");

    [Fact]
    public void Programs_FromTheFile_DoWhatTheyDoWhenTranslated()
    {
        CpuCase[] cases = [.. CaseStream.Sequences(seed: 31, count: 2000)];
        List<string> first = RunAll(cases, "one", out long loaded, out long translated);
        Assert.InRange(translated, cases.Length, long.MaxValue);
        List<string> second = RunAll(cases, "one", out long loadedAgain, out long translatedAgain);
        Assert.Equal(first, second);
        Assert.InRange(loadedAgain, (translated + loaded) * 9 / 10, long.MaxValue);
        Assert.InRange(translatedAgain, 0, translated / 10);
    }

    [Fact]
    public void Blocks_OfAnotherEngine_AreNotUsed()
    {
        CpuCase[] cases = [.. CaseStream.Sequences(seed: 32, count: 1000)];
        _ = RunAll(cases, "one", out _, out long translated);
        _ = RunAll(cases, "two", out long loaded, out long translatedAgain);
        Assert.InRange(translatedAgain, translated, long.MaxValue);
        Assert.InRange(loaded, 0, translated / 10);
    }

    [Fact]
    public void Blocks_OfADroppedBuffer_ComeAgain()
    {
        using TranslationStore store = new(File, "engine");
        using GuestProcessor processor = new(Stress.Stored, store);
        MachineState result = new();
        CpuCase[] cases = [.. CaseStream.Sequences(seed: 33, count: 300)];
        List<string> first = [.. cases.Select(test => Describe(processor, test, result))];
        long translated = processor.Cache.BlocksTranslated;
        List<string> second = [.. cases.Select(test => Describe(processor, test, result))];
        Assert.Equal(first, second);
        Assert.InRange(processor.Cache.BlocksTranslated - translated, 0, translated / 10);
        Assert.InRange(processor.Cache.BlocksLoaded, translated / 2, long.MaxValue);
    }

    [Fact]
    public void Pages_ThatChangeAgainAndAgain_AreNotStored()
    {
        using TranslationStore store = new(File, "engine");
        using GuestProcessor processor = new(Stress.None, store, mostContents: 16);
        MachineState result = new();
        CpuCase[] cases = [.. CaseStream.Sequences(seed: 37, count: 400)];
        Array.ForEach(cases, test => processor.Run(test, result));
        Assert.InRange(processor.Cache.BlocksTranslated, cases.Length, long.MaxValue);
        Assert.InRange(store.BlocksAdded, 8, 200);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(5000)]
    [InlineData(-1)]
    [InlineData(-40)]
    public void File_WithAWrongByte_MisleadsNobody(int place)
    {
        CpuCase[] cases = [.. CaseStream.Sequences(seed: 34, count: 1000)];
        List<string> first = RunAll(cases, "one", out _, out _);
        using (FileStream file = new(File, FileMode.Open))
        {
            file.Position = place < 0 ? file.Length + place : place;
            int value = file.ReadByte();
            file.Position--;
            file.WriteByte((byte)(value ^ 0x10));
        }

        Assert.Equal(first, RunAll(cases, "one", out _, out _));
    }

    [Fact]
    public void File_CutShort_MisleadsNobody()
    {
        CpuCase[] cases = [.. CaseStream.Sequences(seed: 35, count: 1000)];
        List<string> first = RunAll(cases, "one", out _, out _);
        using (FileStream file = new(File, FileMode.Open))
        {
            file.SetLength(file.Length / 2);
        }

        Assert.Equal(first, RunAll(cases, "one", out _, out _));
    }

    [Fact]
    public void Directory_ThatCannotBe_HarmsNobody()
    {
        System.IO.File.WriteAllText(Path.Combine(_directory.FullName, "store"), "in the way");
        CpuCase[] cases = [.. CaseStream.Sequences(seed: 36, count: 500)];
        _ = RunAll(cases, "one", out long loaded, out long translated);
        Assert.Equal(0, loaded);
        Assert.InRange(translated, cases.Length, long.MaxValue);
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private List<string> RunAll(CpuCase[] cases, string engine, out long loaded, out long translated)
    {
        using TranslationStore store = new(File, engine);
        using GuestProcessor processor = new(Stress.None, store);
        MachineState result = new();
        List<string> results = [.. cases.Select(test => Describe(processor, test, result))];
        loaded = processor.Cache.BlocksLoaded;
        translated = processor.Cache.BlocksTranslated;
        store.Save();
        return results;
    }

    private static string Describe(GuestProcessor processor, CpuCase test, MachineState result)
    {
        processor.Run(test, result);
        return result.Ending == Ending.Endless ? "endless" : result.DescribeEnding() + string.Join(' ', result.General.ToArray().Select(static value => value.ToString("x", null)))
            + Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(result.Data));
    }
}
