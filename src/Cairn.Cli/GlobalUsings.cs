global using Quantity = Cairn.Reports.Quantity;
