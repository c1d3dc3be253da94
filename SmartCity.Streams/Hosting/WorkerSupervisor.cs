using SmartCity.Domain.Configuration;
using SmartCity.Streams.Configuration;
using SmartCity.Streams.Engine;
using SmartCity.Streams.Sinks;

namespace SmartCity.Streams.Hosting;

/// <summary>Runs the parts side by side and decides what a fault of one means for the process.</summary>
internal sealed partial class WorkerSupervisor(
    IEnumerable<IWorkerPart> parts, WorkerSettings settings, WorkerStatus status, IHostApplicationLifetime lifetime, ILogger<WorkerSupervisor> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Starting(settings.Streams.Roles, settings.Streams.ApplicationId, settings.Kafka.BootstrapServers);

        // One part's fault cancels the others only through the host, so that they stop in good order.
        await Task.WhenAll(parts.Select(part => RunAsync(part, stoppingToken)));
        if (!stoppingToken.IsCancellationRequested)
        {
            status.Fail(new WorkerFault("Every part of this worker has stopped: " + string.Join("; ", status.Failed.Values)));
            lifetime.StopApplication();
        }
    }

    private async Task RunAsync(IWorkerPart part, CancellationToken stopping)
    {
        try
        {
            await Task.Run(() => part.RunAsync(stopping), CancellationToken.None);
            PartStopped(part.Name);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            PartStopped(part.Name);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // Some are written for people and say all; of any other the log needs the stack.
            var isForPeople = error is WorkerFault or ConfigurationException or StreamsException or SinkFaultException;
            var message = isForPeople ? error.Message : $"{error.GetType().Name}: {error.Message}";
            var detail = isForPeople ? error.InnerException : error;
            status.PartFailed(part.Name, message);
            if (part.EndsWorker || error is WorkerFault or ConfigurationException)
            {
                WorkerFailed(detail, part.Name, message);
                status.Fail(error);
                lifetime.StopApplication();
            }
            else
            {
                PartFailed(detail, part.Name, message);
            }
        }
    }

    [LoggerMessage(1101, LogLevel.Information, "Worker starting: {Roles} of {ApplicationId}, Kafka at {Servers}")]
    private partial void Starting(WorkerRoles roles, string applicationId, string servers);

    [LoggerMessage(1102, LogLevel.Information, "Part {Part} has stopped")]
    private partial void PartStopped(string part);

    [LoggerMessage(1103, LogLevel.Error, "Part {Part} has failed; the others go on without it: {Message}")]
    private partial void PartFailed(Exception? error, string part, string message);

    [LoggerMessage(1104, LogLevel.Critical, "Part {Part} has failed and ends the worker: {Message}")]
    private partial void WorkerFailed(Exception? error, string part, string message);
}
