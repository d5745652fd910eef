; What encloses a cursor in a shell script.
(function_definition body: (_) @block) @function
(do_group) @block
(compound_statement) @block
(subshell) @block
[
  (command)
  (pipeline)
  (list)
  (redirected_statement)
  (variable_assignment)
  (declaration_command)
  (unset_command)
  (test_command)
  (if_statement)
  (for_statement)
  (c_style_for_statement)
  (while_statement)
  (case_statement)
  (case_item)
] @statement
