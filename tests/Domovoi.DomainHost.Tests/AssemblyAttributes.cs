// SPDX-License-Identifier: MIT
[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]
