using System.Data.Common;

namespace SmartCity.Streams.Sinks.Database;

/// <summary>Commands with named parameters, in the words that Npgsql and Microsoft.Data.Sqlite share.</summary>
internal static class Sql
{
    public static DbCommand Command(DbConnection connection, DbTransaction transaction, string text, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = text;
        foreach (var (name, value) in parameters)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            parameter.Value = value ?? DBNull.Value;
            command.Parameters.Add(parameter);
        }

        return command;
    }

    public static async Task ExecuteAsync(DbCommand command, CancellationToken cancellation)
    {
        await using (command)
        {
            await command.ExecuteNonQueryAsync(cancellation);
        }
    }
}
