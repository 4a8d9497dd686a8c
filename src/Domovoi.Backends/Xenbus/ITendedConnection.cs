// SPDX-License-Identifier: MIT
namespace Domovoi.Backends.Xenbus;

/// <summary>A connection that has something to look after while the guest asks for nothing: a disk that may have grown.</summary>
public interface ITendedConnection : IDisposable
{
    /// <summary>Called by the device's thread while the connection stands. Returns how soon it wants to be called again.</summary>
    TimeSpan Tend();
}
