// SPDX-License-Identifier: MIT
using System.Text.Json;
using Domovoi.Contracts;
using Domovoi.Contracts.Launch;
using Domovoi.Linux;

namespace Domovoi.DomainHost.Launch;

/// <summary>The command line: <c>domovoi-vm --spec FILE</c>, or <c>-</c> for standard input.</summary>
internal static class LaunchArguments
{
    private const int MaximumDomainId = 0x7FEF;

    /// <exception cref="ProblemException">The command line or the specification is wrong.</exception>
    internal static DomainSpecification Read(ReadOnlySpan<string> arguments)
    {
        if (arguments is not ["--spec", var path])
        {
            throw new ProblemException(
                "usage", "domovoi-vm is started by dom, as: domovoi-vm --spec FILE", "Use dom create.");
        }

        try
        {
            bool isInput = path == "-";
            using Stream file = isInput ? new DescriptorStream(0) : File.OpenRead(path);
            DomainSpecification specification = Check(JsonSerializer.Deserialize(file, ContractJson.Default.DomainSpecification));
            return isInput && specification.EndsWithCaller
                ? throw new ProblemException("bad-specification", "A domain that ends with its caller cannot be described on standard input.")
                : specification;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new ProblemException("bad-specification", $"The specification '{path}' cannot be read: {e.Message}");
        }
    }

    private static DomainSpecification Check(DomainSpecification? specification) => specification switch
    {
        null => throw new ProblemException("bad-specification", "The specification is empty."),
        { Id: < 1 or > MaximumDomainId } => throw new ProblemException(
            "bad-specification", $"{specification.Id} is no domain id; 1 to {MaximumDomainId} were expected."),
        { MaxVcpus: < 1 or > DomainSpecification.MostVcpus } => throw new ProblemException(
            "bad-specification", $"{specification.MaxVcpus} vCPUs were asked for; 1 to {DomainSpecification.MostVcpus} were expected."),
        _ when specification.Vcpus < 1 || specification.Vcpus > specification.MaxVcpus => throw new ProblemException(
            "bad-specification", $"{specification.Vcpus} of {specification.MaxVcpus} vCPUs were asked for."),
        _ when specification.Affinities.Count > specification.MaxVcpus => throw new ProblemException(
            "bad-specification", $"{specification.Affinities.Count} vCPUs are given processors, but there are {specification.MaxVcpus}."),
        { MemoryKiB: 0 } => throw new ProblemException("bad-specification", "The domain has no memory."),
        _ => specification,
    };
}
