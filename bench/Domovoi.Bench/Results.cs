// SPDX-License-Identifier: MIT
using System.Text.Json;

namespace Domovoi.Bench;

/// <summary>What one session of a machine showed, or why it showed nothing.</summary>
internal sealed record Piece(string Part, string Machine, int Vcpus, int Run)
{
    public DateTimeOffset At { get; set; }

    /// <summary>Share of the host's processors that others used just before, 0 to 1.</summary>
    public double Busy { get; set; }

    public string? Error { get; set; }

    public SortedDictionary<string, double> Values { get; init; } = [];

    /// <summary>Works that hung or failed, in the guest's words.</summary>
    public List<string> Failures { get; init; } = [];
}

/// <summary>All pieces measured so far, in a file that is written after each, so that a run can be taken up again.</summary>
internal sealed class Results
{
    private static readonly JsonSerializerOptions s_options = new() { WriteIndented = true };
    private readonly string _path;
    private readonly List<Piece> _pieces;

    internal Results(string path)
    {
        _path = path;
        _pieces = File.Exists(path) ? JsonSerializer.Deserialize<List<Piece>>(File.ReadAllBytes(path), s_options)! : [];
    }

    internal IReadOnlyList<Piece> Of(string part) => [.. _pieces.Where(piece => piece.Part == part)];

    internal void Forget(string part, IReadOnlyList<string> machines) =>
        _pieces.RemoveAll(piece => piece.Part == part && machines.Contains(piece.Machine));

    internal Piece? Find(Piece key) => _pieces.Find(piece =>
        (piece.Part, piece.Machine, piece.Vcpus, piece.Run) == (key.Part, key.Machine, key.Vcpus, key.Run));

    internal void Keep(Piece piece)
    {
        if (Find(piece) is null)
        {
            _pieces.Add(piece);
        }

        string fresh = _path + ".new";
        File.WriteAllBytes(fresh, JsonSerializer.SerializeToUtf8Bytes(_pieces, s_options));
        File.Move(fresh, _path, overwrite: true);
    }

    internal int Runs(string part) => Of(part).Select(piece => piece.Run).DefaultIfEmpty(0).Max();

    internal double? Median(string part, string machine, string name, int vcpus = 1)
    {
        List<double> sorted = Sorted(part, machine, name, vcpus);
        return sorted.Count == 0 ? null : (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    /// <summary>The difference of the largest and the smallest value as a share of the median; nothing for a single value.</summary>
    internal double? Spread(string part, string machine, string name, int vcpus = 1)
    {
        List<double> sorted = Sorted(part, machine, name, vcpus);
        return sorted.Count < 2 ? null : (sorted[^1] - sorted[0]) / Median(part, machine, name, vcpus);
    }

    private List<double> Sorted(string part, string machine, string name, int vcpus) =>
    [
        .. from piece in _pieces
           where piece.Part == part && piece.Machine == machine && piece.Vcpus == vcpus && piece.Values.ContainsKey(name)
           let value = piece.Values[name]
           orderby value
           select value,
    ];
}
