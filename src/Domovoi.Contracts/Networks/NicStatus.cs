// SPDX-License-Identifier: MIT
namespace Domovoi.Contracts.Networks;

/// <summary>One vif of a living domain, with what <c>xl network-list</c> shows of it.</summary>
/// <param name="Specification">As it was asked for.</param>
/// <param name="State">A xenbus state: 4 is connected.</param>
/// <param name="EventChannel">The front end's; -1 while there is none.</param>
/// <param name="TransmitRing">Grant reference; -1 while there is none.</param>
/// <param name="ReceiveRing">Grant reference; -1 while there is none.</param>
/// <param name="BackendPath">Our directory in xenstore.</param>
/// <param name="Counters">Frames, bytes and drops, named from the guest's side.</param>
public sealed record NicStatus(
    NicSpecification Specification,
    int State,
    int EventChannel,
    int TransmitRing,
    int ReceiveRing,
    string BackendPath,
    IReadOnlyDictionary<string, long> Counters);
