// Each test here is a whole cluster on two cores.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
