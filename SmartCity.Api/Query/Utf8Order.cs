namespace SmartCity.Api.Query;

/// <summary>The order of texts by their UTF-8 bytes (equally, by code point), which is what both databases sort names by.</summary>
internal static class Utf8Order
{
    public static int Compare(string left, string right)
    {
        int shared = Math.Min(left.Length, right.Length);
        for (int index = 0; index < shared; index++)
        {
            if (left[index] != right[index])
            {
                return Weight(left[index]).CompareTo(Weight(right[index]));
            }
        }

        return left.Length.CompareTo(right.Length);
    }

    /// <summary>Surrogates stand for code points above every other, though their own numbers are not the greatest.</summary>
    private static int Weight(char unit) => char.IsSurrogate(unit) ? unit + 0x10000 : unit;
}
