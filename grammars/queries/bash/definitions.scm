; A shell function has no parameters to show: its name is its signature.
(function_definition name: (word) @name body: (_) @body) @definition
(program (variable_assignment name: (variable_name) @name) @definition)
(program
  (declaration_command (variable_assignment name: (variable_name) @name)) @definition)
