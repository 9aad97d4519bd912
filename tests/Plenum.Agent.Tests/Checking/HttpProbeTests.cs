using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Plenum.Agent.Checking;
using Plenum.Agent.Tests.Checkpointing;
using Plenum.Agent.Tests.Server;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Checking;

public sealed class HttpProbeTests
{
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n", 200)]
    [InlineData("HTTP/1.0 503 Service Unavailable\r\nServer: x\r\n", 503)]
    [InlineData("HTTP/1.1 404\r\n", 404)]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: /there\r\n", null)]
    [InlineData("HTTP/1.1 100 Continue\r\n", null)]
    [InlineData("HTTP/1.1 20x OK\r\n", null)]
    [InlineData("HTTP/1.1 2000 OK\r\n", null)]
    [InlineData("HTTP/2 200 OK\r\n", null)]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n", null)]
    [InlineData("HTTP/1.1\r\n", null)]
    [InlineData("\n", null)]
    public void Only_a_final_answer_without_a_redirect_is_understood(string answer, int? status) =>
        HttpProbe.StatusOf(Encoding.ASCII.GetBytes(answer)).ShouldBe(status);

    [Fact]
    public async Task The_task_sees_one_plain_request_and_may_answer_in_pieces_to_the_end()
    {
        using var task = new Answering();
        var asking = AskAsync(task.Address("/a b?x=\r\ny"), new StillClock());
        using var socket = await task.AcceptAsync();

        (await ReadRequestAsync(socket)).ShouldBe(
            $"GET /a%20b?x=%0D%0Ay HTTP/1.1\r\nHost: 127.0.0.1:{task.Port}\r\nConnection: close\r\n\r\n");
        foreach (var piece in new[] { "HTT", "P/1.1 204 No", " Content\r\n", "\r\n", new string('x', 10_000) })
        {
            (await socket.SendAsync(Encoding.ASCII.GetBytes(piece))).ShouldBe(piece.Length);
        }

        socket.Shutdown(SocketShutdown.Send);
        (await asking).ShouldBe(204);
        // All was read, however long it took: the connection ends in order and not by a reset.
        (await socket.ReceiveAsync(new byte[1])).ShouldBe(0);
    }

    [Fact]
    public async Task A_task_that_answers_and_keeps_the_connection_open_does_not_hold_its_check_up()
    {
        using var task = new Answering();
        var asking = AskAsync(task.Address("/"));
        using var socket = await task.AcceptAsync();
        await ReadRequestAsync(socket);
        await socket.SendAsync("HTTP/1.1 500 Oh\r\n\r\nmore to come"u8.ToArray());

        (await asking).ShouldBe(500);
    }

    [Fact]
    public async Task A_task_that_hangs_up_without_an_answer_leaves_the_question_open()
    {
        using var task = new Answering();
        var asking = AskAsync(task.Address("/"));
        using (var socket = await task.AcceptAsync())
        {
            await ReadRequestAsync(socket);
        }

        (await asking).ShouldBeNull();
    }

    [Fact]
    public async Task A_check_follows_a_redirect_to_where_the_answer_is()
    {
        using var web = new Answering();
        await using var fixture = await AgentFixture.StartAsync();
        fixture.Master.Run(FakeMaster.Task("moved", "sleep 1000", task => task.Check = new CheckInfo
        {
            Type = CheckInfo.Types.Type.Http,
            Http = new CheckInfo.Types.Http { Port = (uint)web.Port, Path = "/old" },
            DelaySeconds = 0,
            IntervalSeconds = 1000,
        }));

        // The probe and, since its answer leads elsewhere, the client that follows it.
        foreach (var (path, answer) in new[]
        {
            ("/old", "HTTP/1.1 302 Found\r\nLocation: /new\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
            ("/old", "HTTP/1.1 302 Found\r\nLocation: /new\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
            ("/new", "HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
        })
        {
            using var socket = await web.AcceptAsync();
            (await ReadRequestAsync(socket)).ShouldStartWith($"GET {path} ");
            await socket.SendAsync(Encoding.ASCII.GetBytes(answer));
        }

        var status = await fixture.Master.UpdateAsync("moved", TaskState.TaskRunning);
        while (!status.CheckStatus.Http.HasStatusCode)
        {
            status = await fixture.Master.UpdateAsync("moved", TaskState.TaskRunning);
        }

        status.CheckStatus.Http.StatusCode.ShouldBe(418u);
    }

    [Fact]
    public async Task A_task_that_does_not_listen_is_named_with_the_reason()
    {
        // Bound, so that nobody else listens there either.
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var address = new Uri($"http://127.0.0.1:{((IPEndPoint)silent.LocalEndPoint!).Port}/");
        using var prober = new HttpProber(TimeProvider.System);
        var end = await EndAsync(prober, address);

        end.Kind.ShouldBe(ProbeEndKind.Failed);
        end.Problem.ShouldBeOfType<IOException>().Message.ShouldBe($"Connection refused (127.0.0.1:{address.Port})");
    }

    [Fact]
    public async Task A_task_that_says_nothing_is_waited_for_until_the_deadline_while_others_are_asked()
    {
        using var silent = new Answering();
        using var task = new Answering();
        using var prober = new HttpProber(TimeProvider.System);
        // In the past already: it ends at the first look, however slow the machine is.
        var late = EndAsync(prober, silent.Address("/"), deadline: 0);
        var waiting = EndAsync(prober, silent.Address("/"));
        var asking = EndAsync(prober, task.Address("/"));
        using var socket = await task.AcceptAsync();
        await ReadRequestAsync(socket);
        await socket.SendAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray());
        socket.Shutdown(SocketShutdown.Send);

        (await asking).ShouldBe(ProbeEnd.Answered(200));
        (await late).ShouldBe(ProbeEnd.Late);
        waiting.IsCompleted.ShouldBeFalse();
        prober.Dispose();
        (await waiting).ShouldBe(ProbeEnd.Stopped);
        (await EndAsync(prober, task.Address("/"))).ShouldBe(ProbeEnd.Stopped);
    }

    [Fact]
    public async Task Hundreds_of_questions_at_once_have_each_its_own_answer()
    {
        const int questions = 300;
        using var task = new Answering();
        using var prober = new HttpProber(TimeProvider.System);
        var asking = Enumerable.Range(0, questions).Select(number => EndAsync(prober, task.Address($"/{number}"))).ToList();
        for (var i = 0; i < questions; i++)
        {
            using var socket = await task.AcceptAsync();
            var number = int.Parse((await ReadRequestAsync(socket)).Split(' ')[1].AsSpan(1), CultureInfo.InvariantCulture);
            await socket.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {400 + (number % 100)} Each\r\n\r\n"));
        }

        (await Task.WhenAll(asking)).Select(static end => end.Status).ShouldBe(Enumerable.Range(0, questions).Select(static number => 400 + (number % 100)));
    }

    [Fact]
    public async Task A_task_that_listens_on_the_other_loopback_is_asked_there()
    {
        if (!Socket.OSSupportsIPv6)
        {
            return;
        }

        using var listener = new TcpListener(IPAddress.IPv6Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        using var prober = new HttpProber(TimeProvider.System);
        var asking = EndAsync(prober, new Uri($"http://[::1]:{port}/"));
        using (var socket = await listener.AcceptSocketAsync())
        {
            (await ReadRequestAsync(socket)).ShouldContain($"Host: [::1]:{port}\r\n");
            await socket.SendAsync("HTTP/1.1 201 Made\r\n\r\n"u8.ToArray());
        }

        (await asking).ShouldBe(ProbeEnd.Answered(201));
    }

    private static async Task<int?> AskAsync(Uri address, TimeProvider? clock = null)
    {
        using var prober = new HttpProber(clock ?? TimeProvider.System);
        var end = await EndAsync(prober, address);
        end.Kind.ShouldBeOneOf(ProbeEndKind.Answered, ProbeEndKind.Open);
        return end.Kind == ProbeEndKind.Answered ? end.Status : null;
    }

    private static Task<ProbeEnd> EndAsync(HttpProber prober, Uri address, long deadline = long.MaxValue)
    {
        var end = new TaskCompletionSource<ProbeEnd>(TaskCreationOptions.RunContinuationsAsynchronously);
        prober.Ask(new HttpQuestion(address, network: null, deadline, end.SetResult));
        return end.Task;
    }

    private static async Task<string> ReadRequestAsync(Socket socket)
    {
        var request = new StringBuilder();
        var buffer = new byte[1024];
        while (!request.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            var read = await socket.ReceiveAsync(buffer);
            read.ShouldBeGreaterThan(0, "the connection ended within the request");
            request.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }

        return request.ToString();
    }

    /// <summary>What a task listens with.</summary>
    private sealed class Answering : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        public Answering() => _listener.Start();

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public Uri Address(string path) => new($"http://127.0.0.1:{Port}{path}");

        public Task<Socket> AcceptAsync() => _listener.AcceptSocketAsync();

        public void Dispose() => _listener.Dispose();
    }
}
