// SPDX-License-Identifier: MIT
namespace Domovoi.Fuzz;

/// <summary>Something that takes bytes or text of others: a ring, a protocol, a parser.</summary>
/// <remarks>Made once, used for many cases, one after the other. What all cases share is made in the constructor.</remarks>
internal interface IFuzzTarget : IDisposable
{
    /// <summary>One case: makes its input from <paramref name="random"/> alone, feeds it, and throws when something is broken.</summary>
    /// <remarks>What the target may answer to a bad input is no failure: it is caught here.</remarks>
    void Run(Random random);
}
