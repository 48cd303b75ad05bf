internal import PlenaryCommands

await Plenary.main()
