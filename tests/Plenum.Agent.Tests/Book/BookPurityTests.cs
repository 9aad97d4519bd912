using Plenum.Tests.Shared;

namespace Plenum.Agent.Tests.Book;

public sealed class BookPurityTests
{
    [Fact]
    public void The_book_knows_no_clock_no_chance_no_io_and_no_threads() => CorePurity.Check(["src/Plenum.Agent/Book"]);
}
