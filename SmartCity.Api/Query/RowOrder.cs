namespace SmartCity.Api.Query;

/// <summary>The order of an answer's rows: by start, either way; of one start by the bytes of city and district, as the database has it.</summary>
internal sealed class RowOrder(bool ascending) : IComparer<RowKey>
{
    /// <summary>The order of the rows of one start.</summary>
    public static readonly Comparer<RowKey> Groups = Comparer<RowKey>.Create((left, right) =>
        Utf8Order.Compare(left.City, right.City) is var city and not 0 ? city : Utf8Order.Compare(left.District, right.District));

    public int Compare(RowKey left, RowKey right)
        => left.Start == right.Start ? Groups.Compare(left, right) : ascending ? left.Start.CompareTo(right.Start) : right.Start.CompareTo(left.Start);
}
