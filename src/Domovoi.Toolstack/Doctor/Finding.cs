// SPDX-License-Identifier: MIT
namespace Domovoi.Toolstack.Doctor;

/// <summary>Something on a disk that keeps its guest from being used under Xen.</summary>
/// <param name="Code">Stable, for programs: <c>no-getty</c>, <c>root-device</c> …</param>
/// <param name="Message">What is so.</param>
/// <param name="Explanation">Why that matters to a person.</param>
/// <param name="Remedy">What <c>--fix</c> does about it; or, if it can do nothing, what the person can.</param>
/// <param name="Repair">Adds the changes to a plan; null if only the guest itself, or a person, can repair it.</param>
public sealed record Finding(string Code, string Message, string Explanation, string Remedy, Action<RepairPlan>? Repair);
