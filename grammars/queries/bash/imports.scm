(command
  name: (command_name (word) @command)
  (#any-of? @command "source" ".")) @import
