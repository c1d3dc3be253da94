namespace SmartCity.Streams.Configuration;

/// <summary>What a worker does. All workers together must do everything; each can do a part.</summary>
[Flags]
public enum WorkerRoles
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary><c>combine</c>: reads readings and combines them.</summary>
    Combine = 1,

    /// <summary><c>windows</c>: keeps the windows.</summary>
    Windows = 2,

    /// <summary><c>postgres</c>: writes windows and sensors to the database.</summary>
    Postgres = 4,

    /// <summary><c>lake</c>: writes readings and final windows to the lake.</summary>
    Lake = 8,

    /// <summary>Everything (default).</summary>
    All = Combine | Windows | Postgres | Lake,
}
