using Plenum.Agent.Book.Checks;
using Plenum.Agent.Book.Draining;
using Plenum.Agent.Book.Executors;
using Plenum.Agent.Book.Kills;
using Plenum.Agent.Book.Launching;
using Plenum.Agent.Book.Link;
using Plenum.Agent.Book.Operations;
using Plenum.Agent.Book.Providers;
using Plenum.Agent.Book.State;
using Plenum.Agent.Book.Updates;

namespace Plenum.Agent.Book;

/// <summary>The concerns of the book, who call each other over one state.</summary>
internal sealed class Desks
{
    public Desks(AgentBookOptions options)
    {
        State = new BookState(options);
        Link = new LinkDesk(this);
        Updates = new UpdateDesk(this);
        Launches = new LaunchDesk(this);
        Kills = new KillDesk(this);
        Drains = new DrainDesk(this);
        Endings = new EndingDesk(this);
        Executors = new ExecutorDesk(this);
        ExecutorCalls = new ExecutorCallDesk(this);
        Checks = new CheckDesk(this);
        Operations = new OperationDesk(this);
        Providers = new ProviderDesk(this);
        ProviderOperations = new ProviderOperationDesk(this);
        ProviderCalls = new ProviderCallDesk(this);
    }

    public BookState State { get; }

    public LinkDesk Link { get; }

    public UpdateDesk Updates { get; }

    public LaunchDesk Launches { get; }

    public KillDesk Kills { get; }

    public DrainDesk Drains { get; }

    public EndingDesk Endings { get; }

    public ExecutorDesk Executors { get; }

    public ExecutorCallDesk ExecutorCalls { get; }

    public CheckDesk Checks { get; }

    public OperationDesk Operations { get; }

    public ProviderDesk Providers { get; }

    public ProviderOperationDesk ProviderOperations { get; }

    public ProviderCallDesk ProviderCalls { get; }
}
