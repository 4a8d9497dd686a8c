// SPDX-License-Identifier: MIT
// Each guest wants a processor for itself; two at once would measure one another.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]
