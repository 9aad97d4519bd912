namespace Plenum.Marathon.Api.Queue;

internal static class QueueEndpoints
{
    public static ApiAnswer List(ApiCall call)
    {
        var withOffers = call.Parameters("embed").Contains("lastUnusedOffers");
        return ApiAnswer.Ok(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("queue");
            foreach (var item in call.Snapshot.Queue)
            {
                QueueView.Write(writer, item, call.Now, withOffers);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    /// <summary>204 and nothing else: DC/OS' command line takes any other status for a failure.</summary>
    public static async Task<ApiAnswer> ResetDelayAsync(ApiCall call) =>
        call.TryGetId(out var id, out _) && await call.Marathon.ResetDelayAsync(id, call.Aborted)
            ? new ApiAnswer(204)
            : ApiProblem.NotFound($"Application {call.IdText} not found in tasks queue.");
}
