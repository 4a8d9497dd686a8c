// SPDX-License-Identifier: MIT
using System.Buffers;
using System.Globalization;
using Domovoi.Xen.Abi;

namespace Domovoi.Xenstore.Store;

/// <summary>An absolute path that keeps the store's rules: <c>/</c>, or names of letters, digits and <c>-_@</c> each after a slash.</summary>
public readonly record struct NodePath
{
    private const int MaximumAbsolute = 3072;
    private const int MaximumRelative = 2048;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-/_@");

    private NodePath(string value) => Value = value;

    public string Value { get; }

    public static NodePath Root => new("/");

    /// <summary>The path one level up; the root's is the root.</summary>
    public NodePath Parent => Value.LastIndexOf('/') is > 0 and var slash ? new NodePath(Value[..slash]) : Root;

    /// <summary>The last name; empty for the root.</summary>
    public string Name => Value[(Value.LastIndexOf('/') + 1)..];

    public bool IsRoot => Value.Length == 1;

    /// <summary>The names from the root down.</summary>
    public string[] Names => IsRoot ? [] : Value[1..].Split('/');

    /// <summary>Where relative paths of a domain start: <c>/local/domain/N</c>.</summary>
    public static NodePath OfDomain(DomainId domain) =>
        new(string.Create(CultureInfo.InvariantCulture, $"/local/domain/{domain.Value}"));

    /// <summary>Accepts an absolute path, or a relative one below <paramref name="home"/>.</summary>
    public static bool TryParse(string text, NodePath home, out NodePath path)
    {
        bool relative = !text.StartsWith('/');
        string whole = relative ? $"{home.Value}/{text}" : text;
        path = new NodePath(whole);
        return text.Length is > 0 and <= MaximumAbsolute
            && !(relative && text.Length > MaximumRelative)
            && whole.Length <= MaximumAbsolute
            && (whole.Length == 1 || !whole.EndsWith('/'))
            && !whole.Contains("//", StringComparison.Ordinal)
            && !whole.AsSpan().ContainsAnyExcept(Allowed);
    }

    /// <summary>A path our own code writes; throws when it is not one.</summary>
    public static NodePath Parse(string text) =>
        TryParse(text, Root, out NodePath path) && text[0] == '/'
            ? path
            : throw new ArgumentException($"\"{text}\" is not a xenstore path.", nameof(text));

    /// <summary>The path of a child; <paramref name="name"/> must be a valid name.</summary>
    public NodePath Child(string name) => new(IsRoot ? "/" + name : $"{Value}/{name}");

    /// <summary>How many levels this lies below <paramref name="ancestor"/>; 0 for itself, -1 when it does not.</summary>
    public int DepthBelow(NodePath ancestor)
    {
        if (Value == ancestor.Value)
        {
            return 0;
        }

        string prefix = ancestor.IsRoot ? "/" : ancestor.Value + "/";
        return Value.StartsWith(prefix, StringComparison.Ordinal) ? Value.AsSpan(prefix.Length).Count('/') + 1 : -1;
    }

    public override string ToString() => Value;
}
