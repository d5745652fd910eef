; What encloses a cursor in SQL.
(create_function (function_body) @block) @function
(create_table (column_definitions) @block) @class
(cte (statement) @block) @block
(subquery) @block
(block) @block
[
  (statement)
  (select)
  (from)
  (where)
  (group_by)
  (order_by)
  (limit)
  (column_definition)
] @statement
