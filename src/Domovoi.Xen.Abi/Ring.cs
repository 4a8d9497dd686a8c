// SPDX-License-Identifier: MIT
namespace Domovoi.Xen.Abi;

/// <summary>Offsets in the first page of a ring made by <c>DEFINE_RING_TYPES</c>, io/ring.h.</summary>
public static class Ring
{
    /// <summary><c>req_prod</c>: requests the front end has written.</summary>
    public const int RequestProducer = 0;

    /// <summary><c>req_event</c>: the back end wants an event with this request.</summary>
    public const int RequestEvent = 4;

    /// <summary><c>rsp_prod</c>: responses the back end has written.</summary>
    public const int ResponseProducer = 8;

    /// <summary><c>rsp_event</c>: the front end wants an event with this response.</summary>
    public const int ResponseEvent = 12;

    /// <summary><c>ring</c>: the first slot.</summary>
    public const int Slots = 64;
}
