// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Contracts.Registry;

namespace Domovoi.Toolstack.Registry;

/// <summary>The run directory under every order of life and death.</summary>
public sealed class DomainRegistryTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly DomainRegistry _registry;

    public DomainRegistryTests() => _registry = new DomainRegistry(new RunDirectory(_directory.Path));

    [Fact]
    public void Empty_HasNoDomains() => Assert.Empty(_registry.All());

    [Fact]
    public void Claim_WhileItIsHeld_TakesTheName()
    {
        using DomainClaim claim = Claim("a");
        Assert.Equal("name-taken", Assert.Throws<ProblemException>(() => Claim("a")).Problem.Code);
    }

    [Fact]
    public void Claim_NotKept_LeavesNothing()
    {
        Claim("a").Dispose();
        Assert.Empty(Directory.GetDirectories(Path.Combine(_directory.Path, "domains")));
    }

    [Fact]
    public void Claim_AfterADeadDomain_TakesANewIdAndItsName()
    {
        int dead = Leave("a");
        using DomainClaim claim = Claim("a");
        Assert.Equal(dead + 1, claim.Id);
    }

    [Fact]
    public void Listing_ShowsTheKilled_AndNotThoseThatEndedWell()
    {
        Leave("good", new DomainEnd(EndReason.PowerOff, null, DateTimeOffset.UnixEpoch));
        Leave("bad", new DomainEnd(EndReason.Crash, null, DateTimeOffset.UnixEpoch));
        Leave("killed");
        Assert.Equal(["bad", "killed"], _registry.WorthListing().Select(e => e.Record.Name));
    }

    [Fact]
    public void Listing_ShowsOnlyTheLastDeathUnderAName()
    {
        Leave("a");
        int last = Leave("a");
        Assert.Equal(last, Assert.Single(_registry.WorthListing()).Record.Id);
    }

    [Fact]
    public void Listing_SurvivesRubbish()
    {
        int id = Leave("a");
        Directory.CreateDirectory(Path.Combine(_directory.Path, "domains", "7"));
        Directory.CreateDirectory(Path.Combine(_directory.Path, "domains", "x"));
        File.WriteAllText(Path.Combine(_directory.Path, "domains", "7", "domain.json"), "{ half");
        Assert.Equal([id], _registry.All().Select(e => e.Record.Id));
    }

    [Fact]
    public void Living_OfADeadDomain_SaysHowItDied()
    {
        Leave("a");
        Assert.Contains("killed", Assert.Throws<ProblemException>(() => _registry.Living("a")).Problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sweep_KeepsTheYoungestDead()
    {
        for (int i = 0; i < 20; i++)
        {
            Leave($"d{i}");
        }

        using DomainClaim claim = Claim("new");
        Assert.Equal(17, _registry.All().Count);
    }

    public void Dispose() => _directory.Dispose();

    private DomainClaim Claim(string name) => _registry.Claim(name, id => Record(id, name));

    private int Leave(string name, DomainEnd? end = null)
    {
        using DomainClaim claim = Claim(name);
        (Record(claim.Id, name) with { End = end }).Write(claim.Folder);
        claim.Keep();
        return claim.Id;
    }

    private static DomainRecord Record(int id, string name) =>
        new(id, name, Guid.Empty, 65536, 1, DomainState.Running, 0, DateTimeOffset.UnixEpoch);
}
