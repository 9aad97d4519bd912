using Google.Protobuf;
using Plenum.Protocol.Json;
using Plenum.Protocol.Tests.Wire;

namespace Plenum.Protocol.Tests.Json;

/// <summary>Whatever arrives, the parsers answer with a message or with their declared exception.</summary>
public sealed class MutatedInputTests
{
    private const int Seeds = 40;

    [Fact]
    public void Damaged_JSON_gives_a_message_or_the_declared_exception_with_a_place_inside_the_text()
    {
        var refused = 0;
        ForEveryMutation(MesosJson.Write, (type, bytes, where) =>
        {
            try
            {
                MesosJson.Write(MesosJson.Parse(type.Descriptor, bytes));
            }
            catch (MesosJsonException e)
            {
                refused++;
                e.Position.ShouldBeInRange(0, bytes.Length, where);
                e.Message.Length.ShouldBeLessThan(8 * 1024, where);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"{where}: {Convert.ToBase64String(bytes)}", e);
            }
        });
        refused.ShouldBeGreaterThan(100);
    }

    [Fact]
    public void Damaged_protobuf_gives_a_message_or_the_declared_exception()
    {
        var refused = 0;
        ForEveryMutation(message => message.ToByteArray(), (type, bytes, where) =>
        {
            try
            {
                // A message that was taken must also be writable: it will go into /state.
                MesosJson.Write(type.Descriptor.Parser.ParseFrom(bytes));
            }
            catch (InvalidProtocolBufferException)
            {
                refused++;
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"{where}: {Convert.ToBase64String(bytes)}", e);
            }
        });
        refused.ShouldBeGreaterThan(100);
    }

    private static void ForEveryMutation(Func<IMessage, byte[]> encode, Action<IMessage, byte[], string> check)
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new Random(seed);
            var messages = new RandomMessages(random);
            foreach (var type in Descriptors.Messages)
            {
                var message = messages.Next(type);
                check(message, Mutate(encode(message), random), $"{type.FullName}, seed {seed}");
            }
        }
    }

    private static byte[] Mutate(byte[] bytes, Random random)
    {
        var changed = bytes.ToList();
        for (var count = random.Next(1, 4); count > 0; count--)
        {
            var at = random.Next(changed.Count + 1);
            switch (random.Next(5))
            {
                case 0:
                    changed.Insert(at, (byte)random.Next(256));
                    break;
                case 1 when at < changed.Count:
                    changed.RemoveAt(at);
                    break;
                case 2 when at < changed.Count:
                    changed[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 3:
                    changed.RemoveRange(at, changed.Count - at);
                    break;
                default:
                    var from = random.Next(changed.Count + 1);
                    changed.InsertRange(at, changed.GetRange(from, Math.Min(30, changed.Count - from)));
                    break;
            }
        }
        return [.. changed];
    }
}
