module kcovrig

go 1.26
