// Each test here is a whole cluster on two cores, and one of them looks at what is left on the machine.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
