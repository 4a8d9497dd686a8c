// SPDX-License-Identifier: MIT
using Domovoi.Toolstack.Registry;

namespace Domovoi.Toolstack.Lifecycle;

/// <summary>A domain that was just started, and that ends with who started it until it is let go.</summary>
/// <remarks>
/// Its process reads from a pipe that only this one holds (<see cref="Contracts.Launch.DomainSpecification.EndsWithCaller"/>), so that not
/// even kill -9 of this process leaves a half-made or throwaway domain behind.
/// </remarks>
public sealed class LaunchedDomain : IDisposable
{
    private readonly Stream _tie;

    internal LaunchedDomain(DomainEntry entry, Stream tie)
    {
        Entry = entry;
        _tie = tie;
    }

    public DomainEntry Entry { get; }

    /// <summary>From now on the domain lives on its own.</summary>
    public void LetGo()
    {
        try
        {
            _tie.WriteByte(1);
            _tie.Flush();
        }
        catch (IOException)
        {
            // It has ended already; whoever watches it sees how.
        }
    }

    /// <summary>Ends the domain, unless it was let go or has ended.</summary>
    public void Dispose()
    {
        try
        {
            _tie.Dispose();
        }
        catch (IOException)
        {
            // As above.
        }
    }
}
