using System.Buffers.Binary;
using System.IO.Compression;
using Plenum.Agent.Fetching;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Fetching;

/// <summary>Small files that hold much: none of them fills the disk.</summary>
public sealed class FetchBoundTests
{
    private const int Megabyte = 1024 * 1024;

    [Theory]
    [InlineData("a.tar", "-cf")]
    [InlineData("a.tar.gz", "-czf")]
    [InlineData("a.tar.bz2", "-cjf")]
    [InlineData("a.tar.xz", "-cJf")]
    [InlineData("a.zip", null)]
    [InlineData("a.gz", null)]
    public async Task What_unpacks_to_more_than_the_bound_is_refused_and_leaves_nothing(string name, string? flags)
    {
        await using var fixture = FetchFixture.Create(static options => options with { MaxFileBytes = 4 * Megabyte });
        await PackAsync(fixture, name, flags, 5 * Megabyte);

        (await fixture.RefusalAsync(fixture.In(name))).ShouldContain($"larger than {4 * Megabyte} bytes");

        fixture.Names().Where(static left => left != "a").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("a.tar.gz", "-czf")]
    [InlineData("a.zip", null)]
    public async Task Where_disk_quotas_are_enforced_all_files_of_a_task_together_have_its_disk(string name, string? flags)
    {
        await using var fixture = FetchFixture.Create(static options => options with { EnforceDiskQuota = true });
        await PackAsync(fixture, name, flags, 2 * Megabyte);
        var uri = new CommandInfo.Types.URI { Value = fixture.In(name) };

        await fixture.FetchAsync(user: null, quota: 5 * Megabyte, uri, uri);
        var refused = await Should.ThrowAsync<FetchException>(() => fixture.FetchAsync(user: null, quota: 3 * Megabyte, uri, uri));

        refused.Message.ShouldContain($"more than {3 * Megabyte} bytes, which is the task's disk");
        await fixture.FetchAsync(user: null, quota: null, uri, uri);
    }

    [Fact]
    public async Task A_zip_whose_list_of_entries_is_huge_is_refused_before_the_list_is_in_memory()
    {
        // As many as the plain form of a zip's end can count, with names of a length that makes them too much.
        const ushort Entries = 60_000;
        const ushort NameBytes = ZipUnpacker.MaxDirectoryBytes / Entries;
        await using var fixture = FetchFixture.Create();
        var entry = new byte[46 + NameBytes];
        "PK\u0001\u0002"u8.CopyTo(entry);
        BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(28), NameBytes);
        await using (var file = new BufferedStream(File.Create(fixture.In("a.zip"))))
        {
            for (var i = 0; i < Entries; i++)
            {
                await file.WriteAsync(entry);
            }

            // The end; the list begins at 0.
            var end = new byte[22];
            "PK\u0005\u0006"u8.CopyTo(end);
            BinaryPrimitives.WriteUInt16LittleEndian(end.AsSpan(8), Entries);
            BinaryPrimitives.WriteUInt16LittleEndian(end.AsSpan(10), Entries);
            BinaryPrimitives.WriteInt32LittleEndian(end.AsSpan(12), Entries * entry.Length);
            await file.WriteAsync(end);
        }

        (await fixture.RefusalAsync(fixture.In("a.zip"))).ShouldContain($"its list of entries is larger than {ZipUnpacker.MaxDirectoryBytes} bytes");

        fixture.Names().ShouldBeEmpty();
    }

    [Fact]
    public async Task Disk_without_enforcement_bounds_nothing_as_in_Mesos()
    {
        await using var fixture = FetchFixture.Create();
        await PackAsync(fixture, "a.tar.gz", "-czf", 2 * Megabyte);

        await fixture.FetchAsync(user: null, quota: Megabyte, new CommandInfo.Types.URI { Value = fixture.In("a.tar.gz") });

        new System.IO.FileInfo(Path.Join(fixture.Sandbox, "zeros")).Length.ShouldBe(2 * Megabyte);
    }

    [Fact]
    public async Task A_full_disk_is_not_filled_to_its_last_byte()
    {
        await using var fixture = FetchFixture.Create(static options => options with { MinimumFreeBytes = long.MaxValue });

        (await fixture.RefusalAsync("/etc/hostname")).ShouldContain("the disk is full");
    }

    [Theory]
    [InlineData("a.tar.gz")]
    [InlineData("a.tar.xz")]
    [InlineData("a.tar.bz2")]
    public async Task A_packed_archive_that_is_torn_says_so(string name)
    {
        await using var fixture = FetchFixture.Create();
        await PackAsync(fixture, name, name.EndsWith("gz", StringComparison.Ordinal) ? "-czf" : name.EndsWith("xz", StringComparison.Ordinal) ? "-cJf" : "-cjf", Megabyte);
        var whole = await File.ReadAllBytesAsync(fixture.In(name));
        await File.WriteAllBytesAsync(fixture.In(name), whole[..(whole.Length / 2)]);

        (await fixture.RefusalAsync(fixture.In(name))).ShouldContain("cannot be unpacked");

        fixture.Names().ShouldBeEmpty();
    }

    private static async Task PackAsync(FetchFixture fixture, string name, string? flags, int bytes)
    {
        var content = Directory.CreateDirectory(fixture.In("content")).FullName;
        await File.WriteAllBytesAsync(Path.Join(content, "zeros"), new byte[bytes]);
        if (flags is not null)
        {
            await FetchFixture.RunAsync("tar", flags, fixture.In(name), "-C", content, "zeros");
        }
        else if (name.EndsWith(".zip", StringComparison.Ordinal))
        {
            await ZipFile.CreateFromDirectoryAsync(content, fixture.In(name));
        }
        else
        {
            await using var packed = new GZipStream(File.Create(fixture.In(name)), CompressionLevel.Fastest);
            await packed.WriteAsync(new byte[bytes]);
        }
    }
}
