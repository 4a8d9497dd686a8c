// SPDX-License-Identifier: MIT
namespace Domovoi.Backends.Xenbus;

/// <summary>A front end asks for something that cannot be. Caught only by <see cref="PvDevice"/>, which closes that device.</summary>
public sealed class FrontEndException(string message) : Exception(message);
