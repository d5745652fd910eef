; What encloses a cursor in Python.
(function_definition body: (block) @block) @function
(lambda) @function
(class_definition body: (block) @block) @class
(block) @block
[
  (expression_statement)
  (return_statement)
  (raise_statement)
  (assert_statement)
  (pass_statement)
  (break_statement)
  (continue_statement)
  (delete_statement)
  (global_statement)
  (nonlocal_statement)
  (if_statement)
  (for_statement)
  (while_statement)
  (with_statement)
  (try_statement)
  (match_statement)
  (import_statement)
  (import_from_statement)
  (future_import_statement)
] @statement
