// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.DomainHost;
using Domovoi.DomainHost.Launch;

LaunchReporter reporter = new();
try
{
    return DomainProcess.Run(LaunchArguments.Read(args), reporter);
}
catch (ProblemException e)
{
    reporter.Fail(e.Problem);
    return 1;
}
