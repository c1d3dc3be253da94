using System.Diagnostics;

using Npgsql;

using SmartCity.Tests.Servers;

namespace SmartCity.Tests.Chaos;

/// <summary>Makes the faults of a campaign happen.</summary>
internal sealed class FaultInjector(ChaosCity city)
{
    // A fault that needs something to happen first waits for it no longer than this.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(40);

    /// <summary>Makes one happen and puts right again what a person or a service manager would. Waits while something else is being done to the same part.</summary>
    public async Task InjectAsync(Fault fault)
    {
        long asked = Stopwatch.GetTimestamp();
        string done = await (fault.Kind.Name switch
        {
            FaultKind.WorkerKilled => WithWorkerAsync(fault, seat => KillAsync(fault, seat, () => "")),
            FaultKind.StateDeleted => WithWorkerAsync(fault, seat => KillAsync(fault, seat, () =>
            {
                seat.DeleteState();
                return "";
            })),
            FaultKind.WorkerStopped => WithWorkerAsync(fault, seat => StopAsync(fault, seat, () => "")),
            FaultKind.StateDamaged => WithWorkerAsync(fault, seat => StopAsync(fault, seat, () => seat.DamageState(fault.Dice))),
            FaultKind.WorkerFrozen or FaultKind.WorkerFrozenLong => WithWorkerAsync(fault, seat => FreezeAsync(fault, seat)),
            FaultKind.DiskFull => WithWorkerAsync(fault, seat => FillDiskAsync(fault, seat)),
            FaultKind.WorkersAddedOrRemoved => city.AddOrRemoveAsync(fault.Dice % 2 == 0, fault.Seat),
            FaultKind.BrokerKilled => WithServerAsync(Server.Kafka, () => KillServerAsync(fault, city.Rig.Kafka)),
            FaultKind.BrokerKilledTwice => WithServerAsync(Server.Kafka, () => KillTwiceAsync(fault, city.Rig.Kafka)),
            FaultKind.DatabaseKilled => WithServerAsync(Server.PostgreSQL, () => KillServerAsync(fault, city.Rig.Postgres)),
            FaultKind.CopyTerminated => WithServerAsync(Server.PostgreSQL, () => TerminateCopyAsync(fault)),
            FaultKind.S3KilledInPut => WithServerAsync(Server.S3, () => KillInPutAsync(fault)),
            FaultKind.S3Errors => WithLinesAsync(fault, Server.S3, proxy => proxy.LeadToAsync(city.Errors.Address), proxy => proxy.LeadToAsync(city.Rig.S3.Endpoint.Authority)),
            _ => TroubleAsync(fault),
        });
        city.Log.Write($"fault {fault.Number} ({fault.Kind.Name}) over after {Stopwatch.GetElapsedTime(asked).TotalSeconds:0.0} s{(done.Length > 0 ? ": " + done : "")}");
    }

    private async Task<string> WithWorkerAsync(Fault fault, Func<Seat, Task<string>> act)
    {
        Seat seat = await city.TakeRunningAsync(fault.Seat);
        try
        {
            string detail = await act(seat);
            return $"worker {seat.Number}{(detail.Length > 0 ? ", " : "")}{detail}";
        }
        finally
        {
            seat.Gate.Release();
        }
    }

    private async Task<string> WithServerAsync(Server server, Func<Task<string>> act)
    {
        await city.ServerGates[server].WaitAsync();
        try
        {
            return await act();
        }
        finally
        {
            city.ServerGates[server].Release();
        }
    }

    private static async Task<string> KillAsync(Fault fault, Seat seat, Func<string> meanwhile)
    {
        await seat.KillAsync();
        string detail = meanwhile();
        await Task.Delay(fault.Lasts);
        seat.Start();
        return detail;
    }

    private static async Task<string> StopAsync(Fault fault, Seat seat, Func<string> meanwhile)
    {
        await seat.StopAsync();
        string detail = meanwhile();
        await Task.Delay(fault.Lasts);
        seat.Start();
        return detail;
    }

    private static async Task<string> FreezeAsync(Fault fault, Seat seat)
    {
        seat.Freeze();
        await Task.Delay(fault.Lasts);
        seat.Thaw();
        return "";
    }

    // A worker that starts on a full disk restores its stores, cannot write them out, and ends; it is started until there is room again.
    private async Task<string> FillDiskAsync(Fault fault, Seat seat)
    {
        int before = city.Falls;
        await seat.Disk!.FillAsync();
        await seat.KillAsync();
        seat.Start();
        long full = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(full) < fault.Lasts || (city.Falls == before && Stopwatch.GetElapsedTime(full) < LongestWait))
        {
            await Task.Delay(TimeSpan.FromSeconds(1));
            await city.StartAgainAsync(seat);
        }

        seat.Disk.Free();
        return $"it ended {city.Falls - before} times";
    }

    private static async Task<string> KillServerAsync(Fault fault, TestServer server)
    {
        await server.KillAsync();
        await Task.Delay(fault.Lasts);
        await server.StartAgainAsync();
        return "";
    }

    private static async Task<string> KillTwiceAsync(Fault fault, TestServer server)
    {
        await server.KillAsync();
        Task starting = server.StartAgainAsync();
        await Task.Delay(fault.Lasts);
        await server.KillAsync();
        Task startingAgain = server.StartAgainAsync();
        try
        {
            await starting;
        }
        catch (InvalidOperationException)
        {
            // It ended before it answered, as it should.
        }

        await startingAgain;
        return "";
    }

    // On slow lines a COPY lasts, so that it can be met.
    private async Task<string> TerminateCopyAsync(Fault fault)
    {
        int met = 0;
        await WithAllLinesAsync(Server.PostgreSQL, proxy => proxy.AddToxicAsync("bandwidth", "upstream", ("rate", 40)), async () =>
        {
            await using NpgsqlDataSource database = NpgsqlDataSource.Create(city.Rig.Postgres.ConnectionString);
            await using NpgsqlCommand terminate = database.CreateCommand(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = $1 AND state = 'active' AND query ILIKE '%COPY%' AND pid <> pg_backend_pid()");
            terminate.Parameters.AddWithValue(new NpgsqlConnectionStringBuilder(city.Rig.Database).Database!);
            for (long started = Stopwatch.GetTimestamp(); met < 3 && Stopwatch.GetElapsedTime(started) < LongestWait;)
            {
                met += (int)(long)(await terminate.ExecuteScalarAsync())!;
                await Task.Delay(20);
            }

            await city.Rig.Postgres.TerminateConnectionsAsync(city.Rig.Database);
        }, proxy => proxy.RemoveToxicAsync("bandwidth", "upstream"));
        return $"{met} met in mid-COPY, then all of them";
    }

    private async Task<string> KillInPutAsync(Fault fault)
    {
        await WithAllLinesAsync(Server.S3, proxy => proxy.AddToxicAsync("bandwidth", "upstream", ("rate", 20)), async () =>
        {
            await Task.Delay(fault.Lasts);
            await city.Rig.S3.KillAsync();
        }, proxy => proxy.RemoveToxicAsync("bandwidth", "upstream"));
        await city.Rig.S3.StartAgainAsync();
        return "";
    }

    private Task<string> TroubleAsync(Fault fault)
    {
        (Server server, Trouble trouble) = Enum.GetValues<Server>().SelectMany(s => Enum.GetValues<Trouble>().Select(t => (s, t)))
            .Single(pair => FaultKind.NameOf(pair.s, pair.t) == fault.Kind.Name);
        string[] streams = (fault.Dice % 3) switch { 0 => ["downstream"], 1 => ["upstream"], _ => ["downstream", "upstream"] };
        return trouble switch
        {
            Trouble.Cut => WithLinesAsync(fault, server, proxy => proxy.DisableAsync(), proxy => proxy.EnableAsync()),
            Trouble.CutInMidStream => WithToxicAsync(fault, server, "limit_data", streams[..1], ("bytes", 1000 + (fault.Dice % 300_000))),
            Trouble.HalfOpen => WithToxicAsync(fault, server, "timeout", streams, ("timeout", 0)),
            Trouble.Slow => WithToxicAsync(fault, server, "latency", streams, ("latency", 100 + (fault.Dice % 700)), ("jitter", 100 + (fault.Dice % 500))),
            _ => WithToxicAsync(fault, server, "reset_peer", streams[..1], ("timeout", fault.Dice % 500)),
        };
    }

    private Task<string> WithToxicAsync(Fault fault, Server server, string toxic, string[] streams, params (string Name, long Value)[] attributes)
        => WithLinesAsync(
            fault,
            server,
            async proxy =>
            {
                foreach (string stream in streams)
                {
                    await proxy.AddToxicAsync(toxic, stream, attributes);
                }
            },
            async proxy =>
            {
                foreach (string stream in streams)
                {
                    await proxy.RemoveToxicAsync(toxic, stream);
                }
            });

    private async Task<string> WithLinesAsync(Fault fault, Server server, Func<Proxy, Task> spoil, Func<Proxy, Task> mend)
    {
        if (fault.Seat == city.Seats.Count)
        {
            await WithAllLinesAsync(server, spoil, () => Task.Delay(fault.Lasts), mend);
            return "every worker";
        }

        Seat seat = city.WantedFrom(fault.Seat);
        await WithLineAsync(seat, server, spoil, () => Task.Delay(fault.Lasts), mend);
        return $"worker {seat.Number}";
    }

    private async Task WithAllLinesAsync(Server server, Func<Proxy, Task> spoil, Func<Task> act, Func<Proxy, Task> mend)
    {
        Func<Task> all = act;
        foreach (Seat seat in city.Seats.Reverse())
        {
            Func<Task> inner = all;
            all = () => WithLineAsync(seat, server, spoil, inner, mend);
        }

        await all();
    }

    private static async Task WithLineAsync(Seat seat, Server server, Func<Proxy, Task> spoil, Func<Task> act, Func<Proxy, Task> mend)
    {
        await seat.Lines[server].WaitAsync();
        try
        {
            await spoil(seat.To(server));
            await act();
            await mend(seat.To(server));
        }
        finally
        {
            seat.Lines[server].Release();
        }
    }
}
