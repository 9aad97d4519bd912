using Plenum.Agent.Containers;
using Plenum.Agent.Containers.Oci;

namespace Plenum.Agent.Tests.Containers.Oci;

public sealed class UserAccountTests
{
    private const string Groups = "root:x:0:\nweb:x:33:www,other\nextra:x:44:www\n";

    [Fact]
    public void A_name_or_number_has_the_numbers_and_groups_of_its_entry_and_a_number_without_one_itself()
    {
        const string Users = "root:x:0:0::/:/bin/sh\nwww:x:12:13::/:/bin/sh\n";

        UserAccount.Resolve("www", File(Users, Groups)).ShouldSatisfyAllConditions(
            static account => account.User.ShouldBe(12u),
            static account => account.Group.ShouldBe(13u),
            static account => account.OtherGroups.ShouldBe([33u, 44u]));
        UserAccount.Resolve("12", File(Users, Groups)).OtherGroups.ShouldBe([33u, 44u]);
        UserAccount.Resolve("77", File(Users, Groups)).Group.ShouldBe(77u);
        Should.Throw<ContainerLaunchException>(() => UserAccount.Resolve("nobody", File(Users, Groups))).Message.ShouldContain("'nobody' does not exist");
    }

    [Theory]
    [InlineData("www:x:many:13::/:/bin/sh", Groups, "the user 'www' has 'many' where /etc/passwd")]
    [InlineData("www:x:-1:13::/:/bin/sh", Groups, "the user 'www' has '-1' where /etc/passwd")]
    [InlineData("www:x:12:4294967296::/:/bin/sh", Groups, "the first group of the user 'www' has '4294967296' where /etc/passwd")]
    [InlineData("www:x:12:13::/:/bin/sh", "web:x::www", "the group 'web' of the user 'www' has '' where /etc/group")]
    public void What_is_no_number_where_one_should_be_is_quoted_with_its_place(string users, string groups, string said)
    {
        var refused = Should.Throw<ContainerLaunchException>(() => UserAccount.Resolve("www", File(users, groups)));

        refused.Failure.ShouldBe(ContainerLaunchFailure.InvalidSpec);
        refused.Message.ShouldContain(said);
    }

    private static Func<string, string?> File(string users, string groups) => path => path switch
    {
        "/etc/passwd" => users,
        "/etc/group" => groups,
        _ => null,
    };
}
