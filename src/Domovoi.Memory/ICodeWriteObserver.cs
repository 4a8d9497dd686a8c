// SPDX-License-Identifier: MIT
namespace Domovoi.Memory;

/// <summary>Told when something other than translated guest code writes to a frame that holds translated code.</summary>
public interface ICodeWriteObserver
{
    /// <summary>Bytes of <paramref name="frame"/> changed. Called on the writer's thread, after the write.</summary>
    void CodeFrameWritten(ulong frame);
}
