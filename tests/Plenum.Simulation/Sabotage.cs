namespace Plenum.Simulation;

/// <summary>Deliberate breaches of one rule each. The simulator must notice every one of them.</summary>
public enum Sabotage
{
    None,

    /// <summary>The master's shell sends effects before the writes they depend on are durable.</summary>
    EffectsBeforeWrites,

    /// <summary>The agent's disk forgets the checkpoints of a crash's last moments although it said they were durable.</summary>
    LyingDisk,

    /// <summary>Acknowledgements never reach an agent.</summary>
    DroppedAcknowledgements,

    /// <summary>The store takes writes of a master that lost its lease.</summary>
    UnfencedStore,

    /// <summary>What needs no write leaves a master without proof that it still leads.</summary>
    UnprovenWords,

    /// <summary>Each launch reaches its agent as two tasks.</summary>
    DoubledLaunches,
}
