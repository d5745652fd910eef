; Nothing is imported in SQL; the schema in force is the nearest thing.
(set_statement) @import
