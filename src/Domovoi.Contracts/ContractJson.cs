// SPDX-License-Identifier: MIT
using System.Text.Json;
using System.Text.Json.Serialization;
using Domovoi.Contracts.Control;
using Domovoi.Contracts.Devices;
using Domovoi.Contracts.Launch;
using Domovoi.Contracts.Networks;
using Domovoi.Contracts.Registry;

namespace Domovoi.Contracts;

/// <summary>Source-generated JSON of every contract: camelCase names, enumerations as text, absent instead of null.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(DomainSpecification))]
[JsonSerializable(typeof(LaunchReport))]
[JsonSerializable(typeof(DomainRecord))]
[JsonSerializable(typeof(ControlRequest))]
[JsonSerializable(typeof(ControlResponse))]
[JsonSerializable(typeof(DomainStatus))]
[JsonSerializable(typeof(ShutdownRequest))]
[JsonSerializable(typeof(ShutdownAnswer))]
[JsonSerializable(typeof(SysRqRequest))]
[JsonSerializable(typeof(WindowSize))]
[JsonSerializable(typeof(DiskSpecification))]
[JsonSerializable(typeof(DiskRemoval))]
[JsonSerializable(typeof(DiskList))]
[JsonSerializable(typeof(StorePath))]
[JsonSerializable(typeof(StoreWrite))]
[JsonSerializable(typeof(StoreNode))]
[JsonSerializable(typeof(StorePermissions))]
[JsonSerializable(typeof(TextAnswer))]
[JsonSerializable(typeof(VcpuPinning))]
[JsonSerializable(typeof(NicSpecification))]
[JsonSerializable(typeof(NicList))]
[JsonSerializable(typeof(NicDetachment))]
[JsonSerializable(typeof(NicCapture))]
[JsonSerializable(typeof(Nothing))]
public sealed partial class ContractJson : JsonSerializerContext;
