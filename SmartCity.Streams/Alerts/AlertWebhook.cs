using System.Buffers;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

using Microsoft.EntityFrameworkCore;

using SmartCity.Domain.Configuration;
using SmartCity.Domain.Data;
using SmartCity.Streams.Sinks.Database;

namespace SmartCity.Streams.Alerts;

/// <summary>
/// Tells one address of every alert that fires or is over, at least once: the table remembers what was told, and each message has an id by which the receiver drops doubles.
/// What is not taken is sent again, ever more rarely, for a day.
/// </summary>
internal sealed partial class AlertWebhook(AlertOptions options, DatabaseSettings database, HttpClient http, TimeProvider clock, ILogger<AlertWebhook> logger) : BackgroundService
{
    public const string IdHeader = "X-Smart-City-Delivery", TimeHeader = "X-Smart-City-Timestamp", SignatureHeader = "X-Smart-City-Signature";

    private const int AtOnce = 20;
    private const string SenderLock = "6002223797690400770"; // any number, but not the migrator's
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2), LongestPause = TimeSpan.FromMinutes(5), GiveUpAfter = TimeSpan.FromHours(24);

    private readonly Dictionary<string, (int Attempts, DateTimeOffset Next)> _failed = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    await SendDueAsync(stoppingToken);
                }
                catch (Exception error) when (DatabaseErrors.IsOfDatabase(error) || error is InvalidOperationException { InnerException: not null })
                {
                    // The sink says what is wrong with the database; here it is only asked again.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The worker stops.
        }
    }

    /// <summary>Sends what is due, and returns how many were taken.</summary>
    public async Task<int> SendDueAsync(CancellationToken cancellation)
    {
        await using var context = database.CreateContext();
        if (!context.Database.IsNpgsql())
        {
            return await SendDueAsync(context, cancellation);
        }

        // Of several workers one is at it: the others would say the same.
        await context.Database.OpenConnectionAsync(cancellation);
        if (!await context.Database.SqlQueryRaw<bool>($"SELECT pg_try_advisory_lock({SenderLock}) AS \"Value\"").SingleAsync(cancellation))
        {
            return 0;
        }

        try
        {
            return await SendDueAsync(context, cancellation);
        }
        finally
        {
            await context.Database.ExecuteSqlRawAsync($"SELECT pg_advisory_unlock({SenderLock})", CancellationToken.None);
        }
    }

    private async Task<int> SendDueAsync(SmartCityDbContext context, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var waiting = _failed.Where(one => one.Value.Next > now).Select(one => one.Key).ToList();
        var due = await context.Alerts
            .Where(alert => alert.State != AlertEntity.Pending && alert.Notified != alert.State && !waiting.Contains(alert.Id))
            .OrderBy(alert => alert.UpdatedAt).Take(AtOnce).AsNoTracking().ToListAsync(cancellation);
        int taken = 0;
        foreach (var alert in due)
        {
            string? fault = await SendAsync(alert, cancellation);
            bool isOld = now.UtcDateTime - alert.UpdatedAt > GiveUpAfter;
            if (fault is null || isOld)
            {
                await context.Alerts.Where(row => row.Id == alert.Id).ExecuteUpdateAsync(row => row.SetProperty(one => one.Notified, alert.State), cancellation);
                _failed.Remove(alert.Id);
                taken += fault is null ? 1 : 0;
            }

            if (fault is not null)
            {
                PutOff(alert, fault, isOld, now);
            }
        }

        return taken;
    }

    /// <summary>What a message is signed with: <c>sha256=</c> and the HMAC of its time, a dot and its body.</summary>
    public static string Sign(string secret, string time, ReadOnlySpan<byte> body)
    {
        byte[] message = [.. Encoding.UTF8.GetBytes(time + "."), .. body];
        return "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), message));
    }

    /// <summary>Sends one; returns why it was not taken, or null.</summary>
    private async Task<string?> SendAsync(AlertEntity alert, CancellationToken cancellation)
    {
        byte[] body = Body(alert);
        string time = clock.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        using var request = new HttpRequestMessage(HttpMethod.Post, options.WebhookUrl) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.TryAddWithoutValidation(IdHeader, Uri.EscapeDataString($"{alert.Id}|{alert.State}"));
        request.Headers.TryAddWithoutValidation(TimeHeader, time);
        if (options.WebhookSecret is { } secret)
        {
            request.Headers.TryAddWithoutValidation(SignatureHeader, Sign(secret, time, body));
        }

        try
        {
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            return answer.StatusCode is >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices ? null : $"it answers {(int)answer.StatusCode}";
        }
        catch (HttpRequestException error)
        {
            return error.Message;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return "it does not answer in time";
        }
    }

    private static byte[] Body(AlertEntity alert)
    {
        var output = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(output))
        {
            AlertJson.Write(json, alert);
        }

        return output.WrittenSpan.ToArray();
    }

    private void PutOff(AlertEntity alert, string fault, bool isOld, DateTimeOffset now)
    {
        if (isOld)
        {
            GivenUp(alert.Id, fault);
            return;
        }

        int attempts = _failed.GetValueOrDefault(alert.Id).Attempts + 1;
        var pause = TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, 2 * Math.Pow(2, attempts - 1)));
        _failed[alert.Id] = (attempts, now + pause);
        NotTaken(alert.Id, fault, pause.TotalSeconds);
    }

    [LoggerMessage(4050, LogLevel.Warning, "The webhook does not take alert {Alert}: {Reason}. Sent again in {Seconds:0} s")]
    private partial void NotTaken(string alert, string reason, double seconds);

    [LoggerMessage(4051, LogLevel.Error, "The webhook has not taken alert {Alert} for a day and is not told of it any more: {Reason}")]
    private partial void GivenUp(string alert, string reason);
}
